/** The directories of an archive watcher, and how one content takes the place of another so that a kill at any moment can be mended. */
import { createHash } from "node:crypto";
import { lstat, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** Absolute paths, all on one file system. */
export interface Place {
  /** `target`/`creates`: where the content belongs. */
  readonly home: string;
  /** Of this watcher alone, beside `home`; there only while it works, and after a crash. The next three are in it. */
  readonly staging: string;
  /** The archive as fetched. */
  readonly archive: string;
  /** What comes out of the archive. */
  readonly unpacked: string;
  /** The content that was in place before. */
  readonly old: string;
  /** What of `unpacked` becomes `home`. */
  readonly fresh: string;
}

/**
 * @param creates an inner path
 * @param owner who works there: two owners are never in each other's way, and one finds its own again
 */
export function placeOf(target: string, creates: string, owner: readonly string[]): Place {
  const home = resolve(target, creates);
  const name = createHash("sha256")
    .update(JSON.stringify([...owner, creates]))
    .digest("hex")
    .slice(0, 16);
  // A name with a dot in front is nobody's machine while it is put together.
  const staging = join(dirname(home), `.machinist-archive-${name}`);
  const unpacked = join(staging, "unpacked");
  return {
    home,
    staging,
    archive: join(staging, "archive"),
    unpacked,
    old: join(staging, "old"),
    fresh: join(unpacked, creates),
  };
}

/** Removes what a run has left, however it ended: no half content anywhere, and the last good one in place. */
export async function mend(place: Place): Promise<void> {
  if (!(await isThere(place.staging))) return;
  if ((await isThere(place.old)) && !(await isThere(place.home))) await rename(place.old, place.home);
  await rm(place.staging, { recursive: true, force: true });
}

/** Makes the empty directories to work in. */
export async function prepare(place: Place): Promise<void> {
  await mkdir(dirname(place.staging), { recursive: true });
  await mkdir(place.staging, { mode: 0o700 });
  await mkdir(place.unpacked);
}

/** Puts the fresh content in place. When that fails, or is cut off by a kill, `mend` puts the old one back. */
export async function replace(place: Place): Promise<void> {
  if (await isThere(place.home)) await rename(place.home, place.old);
  await rename(place.fresh, place.home);
}

/** Of the thing itself, or of what a link leads to. */
export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), isMissing);
}

/** True also for a link that leads nowhere. */
function isThere(path: string): Promise<boolean> {
  return lstat(path).then(() => true, isMissing);
}

/** @throws the cause when it says anything else */
function isMissing(cause: NodeJS.ErrnoException): false {
  if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return false;
  throw cause;
}
