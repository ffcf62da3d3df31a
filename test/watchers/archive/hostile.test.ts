/** Archives that mean harm, or are broken, through the whole watcher: their checksum is right, so only the unpacking can refuse them. */
import { createWriteStream } from "node:fs";
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  watch,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checksumOfFile } from "../../../watchers/archive/checksum.ts";
import { unpack } from "../../../watchers/archive/unpack.ts";
import { archive } from "../../../watchers/archive.ts";
import { PlayedWatcher } from "../harness.ts";
import { longName, type Member, sha256, tar, tgz } from "./tarball.ts";

const sumsChecksum = sha256("");
const app: readonly Member[] = [
  { name: "app/", type: "5" },
  { name: "app/run", content: "new" },
  { name: "app/SHA256SUMS", content: "" },
];
const hostile = (...members: Member[]): Buffer => tgz([...app, ...members]);
const broken = (change: (bytes: Buffer) => Buffer): Buffer => gzipSync(change(tar(app)));

let root: string;
let target: string;
let source: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "machinist-hostile-"));
  target = join(root, "srv");
  source = join(root, "app.tgz");
  await mkdir(join(target, "app"), { recursive: true });
  await writeFile(join(target, "app/run"), "last good");
  await mkdir(join(root, "victim"));
  await writeFile(join(root, "victim/file"), "untouched");
  await symlink(join(root, "victim"), join(target, "neighbour"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Every path below, with what it is. */
async function treeOf(directory: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const path of (await readdir(directory, { recursive: true })).sort()) {
    const full = join(directory, path);
    const found = await lstat(full);
    if (found.isSymbolicLink()) tree[path] = `-> ${await readlink(full)}`;
    else
      tree[path] = found.isDirectory()
        ? "directory"
        : `${found.mode.toString(8)} ${await readFile(full, "latin1")}`;
  }
  return tree;
}

function play(checksum: string, properties: object = {}): PlayedWatcher {
  const whole = {
    source,
    creates: "app",
    target,
    checksum,
    verify: "SHA256SUMS",
    verify_checksum: sumsChecksum,
  };
  return new PlayedWatcher(archive, { ...whole, ...properties });
}

async function refusalOf(bytes: Buffer, properties: object = {}): Promise<string | undefined> {
  await writeFile(source, bytes);
  const before = await treeOf(root);
  const observation = await play(sha256(bytes), properties).look();
  expect(observation).toMatchObject({ outcome: "error", fire: "fail" });
  expect(await treeOf(root)).toEqual(before);
  return observation.error?.replace(`archive "${source}": `, "");
}

describe("archive: what is refused; all else stays as it was", () => {
  const refused = (what: string): string => `the archive is refused: ${what}`;
  const bad = (what: string): string => `the archive is no good .tar.gz: ${what}`;
  const notUnpacked = "and only files and directories are unpacked";
  const outside = "is no place inside the directory";
  const archives: [string, () => Buffer, string][] = [
    [
      "a path with ..",
      () => hostile({ name: "app/../../victim/file", content: "x" }),
      refused(`entry "app/../../victim/file" ${outside}`),
    ],
    [
      "a path with .. that comes back",
      () => hostile({ name: "app/../app/x", content: "x" }),
      refused(`entry "app/../app/x" ${outside}`),
    ],
    [
      "a directory with ..",
      () => hostile({ name: "../victim/", type: "5" }),
      refused(`entry "../victim/" ${outside}`),
    ],
    [
      "an absolute path",
      () => hostile({ name: `${root}/victim/file`.slice(0, 100), content: "x" }),
      `${outside}`,
    ],
    ["no name at all", () => hostile({ name: "", content: "x" }), refused(`entry "" ${outside}`)],
    ["a file as the root", () => hostile({ name: ".", content: "x" }), refused(`entry "." ${outside}`)],
    [
      "a symbolic link out",
      () => hostile({ name: "app/out", type: "2", link: "../../victim" }),
      refused(`entry "app/out" is a symlink, ${notUnpacked}`),
    ],
    [
      "a symbolic link and a file through it",
      () =>
        hostile({ name: "app/out", type: "2", link: "../../victim" }, { name: "app/out/file", content: "x" }),
      refused(`entry "app/out" is a symlink, ${notUnpacked}`),
    ],
    [
      "a symbolic link inside",
      () => hostile({ name: "app/in", type: "2", link: "run" }),
      refused(`entry "app/in" is a symlink, ${notUnpacked}`),
    ],
    [
      "a hard link out",
      () => hostile({ name: "app/hard", type: "1", link: "../../victim/file" }),
      refused(`entry "app/hard" is a link, ${notUnpacked}`),
    ],
    [
      "a character device",
      () => hostile({ name: "app/null", type: "3" }),
      refused(`entry "app/null" is a character-device, ${notUnpacked}`),
    ],
    [
      "a block device",
      () => hostile({ name: "app/disk", type: "4" }),
      refused(`entry "app/disk" is a block-device, ${notUnpacked}`),
    ],
    [
      "a pipe",
      () => hostile({ name: "app/pipe", type: "6" }),
      refused(`entry "app/pipe" is a fifo, ${notUnpacked}`),
    ],
    [
      "a path through a file",
      () => hostile({ name: "app/run/x", content: "x" }),
      refused('entry "app/run/x" stands where there is something already'),
    ],
    [
      "a path through a file, further down",
      () => hostile({ name: "app/run/x/y", content: "x" }),
      refused('entry "app/run/x/y" leads through a file'),
    ],
    [
      "a directory in place of a file",
      () => hostile({ name: "app/run", type: "5" }),
      refused('entry "app/run" stands where there is something already'),
    ],
    [
      "a file twice",
      () => hostile({ name: "app/run", content: "other" }),
      refused('entry "app/run" stands where there is something already'),
    ],
    [
      "a file in place of a directory",
      () => hostile({ name: "app", content: "x" }),
      refused('entry "app" stands where there is something already'),
    ],
    [
      "a path with .. in a long name",
      () => hostile(longName("../victim/file"), { name: "app/y", content: "x" }),
      refused(`entry "../victim/file" ${outside}`),
    ],
    [
      "a name that is too long",
      () => hostile(longName(`app/${"d/".repeat(600)}x`), { name: "app/y", content: "x" }),
      "is longer than 1024 characters",
    ],
    [
      "a part of a name that is too long",
      () => hostile(longName(`app/${"n".repeat(300)}`), { name: "app/y", content: "x" }),
      "has too long a name",
    ],
    [
      "more entries than it may have",
      () => {
        const one = tar([{ name: "app/", type: "5" }], { end: false });
        return gzipSync(Buffer.concat([Buffer.alloc(one.length * 100_001, one), tar(app)]));
      },
      refused("it has more than 100000 entries"),
    ],
    [
      "another directory on top",
      () => tgz([{ name: "other/run", content: "x" }]),
      refused('there is no directory "app" in it'),
    ],
    [
      "a file instead of the directory",
      () => tgz([{ name: "app", content: "x" }]),
      refused('there is no directory "app" in it'),
    ],
    [
      "a tar that is cut off",
      () => broken((bytes) => bytes.subarray(0, 1600)),
      bad("Tar archive is truncated."),
    ],
    ["a tar without its end", () => gzipSync(tar(app, { end: false })), bad("Tar archive is truncated.")],
    ["a gzip that is cut off", () => tgz(app).subarray(0, -20), bad("unexpected end of file")],
    [
      "a gzip whose checksum is wrong",
      () => {
        const bytes = tgz(app);
        bytes.writeUInt32LE(1, bytes.length - 8);
        return bytes;
      },
      bad("incorrect data check"),
    ],
    [
      "a header whose checksum is wrong",
      () =>
        broken((bytes) => {
          bytes.write("x", 512);
          return bytes;
        }),
      bad("Invalid tar header checksum."),
    ],
    [
      "a size that lies",
      () => hostile({ name: "app/big", content: "x", size: 8 * 1024 ** 3 - 1 }),
      bad("Tar archive is truncated."),
    ],
    ["junk", () => Buffer.from("no archive at all"), bad("incorrect header check")],
    ["junk in a gzip", () => gzipSync(Buffer.alloc(4096, "junk")), bad("Invalid tar number.")],
    ["a tar that is not compressed", () => tar(app), bad("incorrect header check")],
    ["nothing", () => Buffer.alloc(0), ""],
    ["nothing in a gzip", () => gzipSync(""), bad("Tar archive is truncated.")],
    ["an archive without entries", () => tgz([]), refused('there is no directory "app" in it')],
  ];
  it.each(archives)("%s", async (_name, make, message) => {
    expect(await refusalOf(make())).toContain(message);
  });

  it("50 MB in a few thousand bytes", async () => {
    const bytes = hostile({ name: "app/bomb", content: Buffer.alloc(50 * 1024 * 1024) });
    expect(bytes.length).toBeLessThan(100_000);
    expect(await refusalOf(bytes, { max_size: "10M" })).toBe(
      "the archive is refused: it unpacks to more than max_size, 10.0 MiB",
    );
  });

  it("50 MB of metadata in a few thousand bytes", async () => {
    const bytes = hostile({ name: "pax", type: "x", content: Buffer.alloc(50 * 1024 * 1024) }, ...app);
    expect(await refusalOf(bytes)).toContain("Tar metadata entry exceeds maximum size.");
  });
});

describe("archive: unpacking that is stopped", () => {
  it("ends with the reason, and nothing is written any more", async () => {
    await writeFile(source, hostile({ name: "app/big", content: Buffer.alloc(100 * 1024 * 1024) }));
    const directory = join(root, "unpacked");
    await mkdir(directory);
    const stop = new AbortController();
    const reason = new Error("stopped");
    const seen = watch(directory, { signal: stop.signal });
    const begun = seen[Symbol.asyncIterator]().next();
    const unpacking = unpack(source, directory, { maxBytes: 1024 ** 3, signal: stop.signal });
    await begun;
    stop.abort(reason);
    await expect(unpacking).rejects.toBe(reason);
    const before = await sizesIn(directory);
    await rm(directory, { recursive: true });
    await new Promise((resolve) => setImmediate(resolve));
    expect(before["app/big"] ?? 0).toBeLessThan(100 * 1024 * 1024);
    expect(await readdir(root)).not.toContain("unpacked");
  });

  async function sizesIn(directory: string): Promise<Record<string, number>> {
    const paths = await readdir(directory, { recursive: true });
    return Object.fromEntries(
      await Promise.all(
        paths.map(async (path) => [path, (await lstat(join(directory, path))).size] as const),
      ),
    );
  }
});

describe("archive: what is taken, with its sting removed", () => {
  const taken = async (bytes: Buffer): Promise<void> => {
    await writeFile(source, bytes);
    expect(await play(sha256(bytes)).look()).toMatchObject({ outcome: "downloaded", fire: "success" });
  };

  it("bits that run a file as its owner or let others write it are dropped", async () => {
    await taken(
      hostile(
        { name: "app/root", content: "x", mode: 0o6777 },
        { name: "app/shut", content: "x", mode: 0 },
        { name: "app/open/", type: "5", mode: 0o1777 },
        { name: "app/closed/", type: "5", mode: 0 },
        { name: "app/closed/in", content: "x" },
      ),
    );
    const mode = async (path: string): Promise<number> =>
      (await stat(join(target, "app", path))).mode & 0o7777;
    expect(await mode("root")).toBe(0o755);
    expect(await mode("shut")).toBe(0o600);
    expect(await mode("open")).toBe(0o755);
    expect(await mode("closed")).toBe(0o700);
  });

  it("a link that was in the old content is not followed", async () => {
    await symlink(join(root, "victim"), join(target, "app/out"));
    await taken(hostile({ name: "app/out/file", content: "x" }));
    expect(await readFile(join(root, "victim/file"), "utf8")).toBe("untouched");
    expect((await lstat(join(target, "app/out"))).isDirectory()).toBe(true);
  });

  it("a directory twice, doubled slashes and names of any kind", async () => {
    const name = "app//name\\with\nall kinds:*?";
    await taken(hostile({ name: "app/", type: "5" }, { name, content: "x" }));
    expect(await readFile(join(target, name), "utf8")).toBe("x");
  });

  it("a quarter of a gigabyte, in little memory", async () => {
    const size = 256 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024);
    const big = tar([{ name: "app/big", size }], { end: false });
    const pieces = [
      tar(app, { end: false }),
      big,
      ...Array.from({ length: 256 }, () => piece),
      Buffer.alloc(1024),
    ];
    await pipeline(Readable.from(pieces), createGzip({ level: 1 }), createWriteStream(source));
    const checksum = await checksumOfFile(source, new AbortController().signal);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const sampling = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 5);
    const observation = await play(checksum).look();
    clearInterval(sampling);
    expect(observation.outcome).toBe("downloaded");
    expect((await stat(join(target, "app/big"))).size).toBe(size);
    expect(most).toBeLessThan(size / 2);
  });
});
