// The release folders of one machine and the link to the live one:
//   releases/<version>-<n>/       one folder per deployment, n counts up
//   releases/<version>-<n>.json   its stamp: the run that built it and how to tell that it is healthy
//   current                       symbolic link to the live one, replaced in one step
import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { Fault } from "./fault.mjs";
import { sync, writeDurably } from "./tree.mjs";

/** Folders kept besides the live one and the one before it. */
const keptReleases = 5;

export class Releases {
  #work;

  /** @param {string} work MACHINE_WORK_DIR */
  constructor(work) {
    this.#work = work;
  }

  get current() {
    return join(this.#work, "current");
  }

  folder(name) {
    return join(this.#work, "releases", name);
  }

  /** Name of the live release, or null. */
  async live() {
    const target = await readlink(this.current).catch(absent);
    return target === null ? null : basename(target);
  }

  /** Names of all releases ever begun and not pruned, oldest first. */
  async names() {
    const files = (await readdir(join(this.#work, "releases")).catch(absent)) ?? [];
    const names = files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -5));
    return names.filter((name) => numberOf(name) > 0).sort((a, b) => numberOf(a) - numberOf(b));
  }

  /** What tells that a release is healthy. @returns {Promise<import("./release.mjs").Health>} */
  async healthOf(name) {
    const stamp = await this.#stamp(name);
    if (stamp === null) throw new Fault(`the stamp of release ${name} is gone`);
    return stamp.health;
  }

  async has(name) {
    return (await stat(this.folder(name)).catch(absent)) !== null;
  }

  /**
   * A name of its own for what a run builds; the same one again when the run is repeated for the same release.
   * @param {import("./release.mjs").Release} release
   * @param {{ runId: string, digest: string }} run `digest` tells one release from another: a run that was lost without a
   *   trace may be followed by one with its id and another release
   */
  async nameFor(release, run) {
    const names = await this.names();
    for (const name of names.reverse()) {
      const stamp = await this.#stamp(name);
      if (stamp?.runId === run.runId && stamp.digest === run.digest) return name;
    }
    const name = `${release.version}-${numberOf(names[0] ?? "") + 1}`;
    await mkdir(join(this.#work, "releases"), { recursive: true });
    const draft = join(this.#work, "stamp.new");
    await writeDurably(draft, `${JSON.stringify({ ...run, health: release.health }, null, 2)}\n`);
    await rename(draft, `${this.folder(name)}.json`);
    return name;
  }

  /** An empty place to build in; what an interrupted build left behind is removed. */
  async staging() {
    const staging = join(this.#work, "staging");
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    return join(staging, "release");
  }

  /** Gives a finished folder its place: from now on it is complete and on the disk. */
  async adopt(staged, name) {
    await rename(staged, this.folder(name));
    await sync(join(this.#work, "releases"));
  }

  /** Makes a release the live one. Readers of `current` see the old or the new one, never neither. */
  async switchTo(name) {
    if (!(await this.has(name))) throw new Fault(`the folder of release ${name} is gone`);
    const next = `${this.current}.next`;
    await rm(next, { force: true });
    await symlink(join("releases", name), next);
    await rename(next, this.current);
    await sync(this.#work);
  }

  /** Leaves nothing live. */
  async switchOff() {
    await unlink(this.current).catch(absent);
    await sync(this.#work);
  }

  /** Removes the oldest folders, and the stamps of builds that failed. @param {(string | null)[]} needed stay in any case */
  async prune(needed) {
    const names = await this.names();
    const built = [];
    for (const name of names) if (await this.has(name)) built.push(name);
    // The newest stamp stays, built or not: the next number counts on from it.
    const kept = new Set([...needed, ...built.slice(-keptReleases), names.at(-1)]);
    for (const name of names.filter((name) => !kept.has(name))) {
      await rm(this.folder(name), { recursive: true, force: true });
      await rm(`${this.folder(name)}.json`, { force: true });
    }
  }

  async #stamp(name) {
    const text = await readFile(`${this.folder(name)}.json`, "utf8").catch(absent);
    return text === null ? null : JSON.parse(text);
  }
}

function numberOf(name) {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
}

function absent(error) {
  if (error.code === "ENOENT") return null;
  throw error;
}
