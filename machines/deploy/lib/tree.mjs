// Fills one new folder, so that it is on the disk before anything points to it, and so that nothing is written outside it.
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, isAbsolute, join, sep } from "node:path";
import { Fault } from "./fault.mjs";
import { nameInside } from "./release.mjs";

/** One folder being filled. Symbolic links come last, so that no file is ever written through one. */
export class Tree {
  #root;
  #links = new Map();

  /** @param {string} root absolute; is made, and must not exist */
  static async make(root) {
    await mkdir(root, { recursive: false });
    return new Tree(root);
  }

  constructor(root) {
    this.#root = root;
  }

  /** A member of an archive, or of a directory. @param {import("./archive.mjs").Member} member */
  async add(member) {
    const name = nameInside(member.name, "the source");
    if (name === ".") return;
    if (member.kind === "directory") await mkdir(join(this.#root, name), { recursive: true });
    else if (member.kind === "link") this.#links.set(name, member.target);
    else await this.write(name, member.content, member.executable);
  }

  /** A file; a later one of the same name replaces it. @param {string} name checked by `nameInside` */
  async write(name, content, executable = false) {
    this.#links.delete(name);
    await this.#place(name, (path) => writeFile(path, content, { mode: executable ? 0o755 : 0o644 }));
  }

  /** Copies a directory, its own symbolic links included. @param {string} source absolute */
  async copy(source, below = "") {
    for (const item of await readdir(join(source, below), { withFileTypes: true })) {
      const name = join(below, item.name);
      await this.add(await memberAt(join(source, name), name));
      if (item.isDirectory()) await this.copy(source, name);
    }
  }

  /** Makes the links, each of which must lead to something inside the folder, and sees all of it onto the disk. */
  async finish() {
    for (const [name, target] of this.#links) {
      if (isAbsolute(target)) throw new Fault(`the link ${JSON.stringify(name)} has an absolute target`);
      await this.#place(name, (path) => symlink(target, path));
    }
    const root = await realpath(this.#root);
    for (const name of this.#links.keys()) {
      const end = await realpath(join(root, name)).catch(() => "");
      if (end !== root && !end.startsWith(root + sep)) {
        throw new Fault(`the link ${JSON.stringify(name)} leads to nothing inside the release folder`);
      }
    }
    await syncTree(this.#root);
  }

  async #place(name, make) {
    const path = join(this.#root, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      await make(path);
    } catch (error) {
      if (!["EEXIST", "ENOTDIR", "EISDIR"].includes(error.code)) throw error;
      throw new Fault(
        `the release has two things at ${JSON.stringify(name)}, such as a file and a directory`,
      );
    }
  }
}

/** Returns when the content is on the disk. */
export async function writeDurably(path, text) {
  await writeFile(path, text, { flush: true });
}

/** Returns when a file's content, or a directory's list of names, is on the disk. */
export async function sync(path) {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The same for everything below it, whoever wrote it. */
export async function syncTree(root) {
  for (const item of await readdir(root, { withFileTypes: true })) {
    const path = join(root, item.name);
    if (item.isDirectory()) await syncTree(path);
    else if (item.isFile()) await sync(path);
  }
  await sync(root);
}

async function memberAt(path, name) {
  const status = await lstat(path);
  const common = { name, content: new Uint8Array(), executable: (status.mode & 0o111) !== 0, target: "" };
  if (status.isDirectory()) return { ...common, kind: "directory" };
  if (status.isSymbolicLink()) return { ...common, kind: "link", target: await readlink(path) };
  if (status.isFile()) return { ...common, kind: "file", content: await readFile(path) };
  throw new Fault(`the source's ${JSON.stringify(name)} is neither file, directory nor symbolic link`);
}
