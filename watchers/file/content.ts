/** Tells what a file holds from what it held: by its sha256, without reading it again when nobody can have touched it. */
import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { isJsonObject, type Json } from "../../src/lib/json.ts";

/** What is remembered of a file. Two of the same identity hold the same. */
export interface Content {
  /** sha256 of its bytes in hex; of what is no regular file the time of its last modification, as Choria does. */
  readonly identity: string;
  /** As long as the file has this stamp its bytes are the same; null = they have to be read again. */
  readonly stamp: string | null;
}

export interface Reading {
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

const chunkBytes = 256 * 1024;

/**
 * How long after its last change the stamp of a file is not trusted: file systems count in steps of some milliseconds (some in
 * seconds), and a second change in the same step would leave the stamp as it is.
 */
const settledMs = 2_000;

/**
 * Follows symbolic links. Holds no more than a chunk of the file in memory.
 * @param known what was remembered of it, if anything
 * @throws the error of the file system when it is not there or cannot be read
 */
export async function readContent(
  path: string,
  known: Content | undefined,
  reading: Reading,
): Promise<Content> {
  const before = await stat(path, { bigint: true });
  if (!before.isFile()) return { identity: `modified ${before.mtimeNs}`, stamp: null };
  if (known !== undefined && known.stamp === stampOf(before)) return known;
  // Nonblocking, in case a pipe has taken its place since.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const opened = await file.stat({ bigint: true });
    const identity = await digest(file, opened.size, reading.signal);
    return { identity, stamp: trustedStamp(opened, await file.stat({ bigint: true }), reading.nowMs) };
  } finally {
    await file.close();
  }
}

export function contentJson({ identity, stamp }: Content): Json {
  return { identity, stamp };
}

/** undefined for what no `contentJson` has made. */
export function contentIn(value: Json | undefined): Content | undefined {
  if (!isJsonObject(value)) return undefined;
  const { identity, stamp } = value;
  if (typeof identity !== "string" || (stamp !== null && typeof stamp !== "string")) return undefined;
  return { identity, stamp };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Size and modification time alone would miss what rsync or `touch -d` restore, and another file moved to the place: nobody
 * but the kernel sets the change time, and the inode tells the other file. What is left to miss is a write to the raw disk,
 * and a change while the host's clock had been set back to that very moment.
 */
function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

function trustedStamp(opened: BigIntStats, read: BigIntStats, nowMs: number): string | null {
  const stamp = stampOf(opened);
  const changedMs = Number(opened.ctimeNs / 1_000_000n);
  // Files of /proc have no size, and change without a trace.
  const isSettled = nowMs - changedMs >= settledMs && opened.size > 0n;
  return isSettled && stamp === stampOf(read) ? stamp : null;
}

/** To its end, or as far as it went at first: one that grows all the time has to end too. */
async function digest(file: FileHandle, size: bigint, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let left = size === 0n ? Number.POSITIVE_INFINITY : Number(size);
  while (left > 0) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(chunkBytes, left), null);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    left -= bytesRead;
  }
  return hash.digest("hex");
}
