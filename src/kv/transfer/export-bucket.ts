/** Writes a whole bucket as an export: history, markers, settings, in the order of revisions. Needs no engine's help. */
import { createHash } from "node:crypto";
import { isKey } from "../names.ts";
import type { Bucket, Entry, Progress } from "../store.ts";
import { endLine, entryLine, headerLine } from "./format.ts";
import { checkComplete } from "./importing.ts";

/** Lines are handed out in pieces of about this many characters. */
const pieceLength = 65_536;
/** Rounds after the first, each over what was written during the one before. */
const mostRounds = 10;

export interface ExportOptions {
  /** Told now and then: entries so far, and how many there were at the beginning. */
  readonly progress?: Progress;
}

export interface Exported {
  readonly bucket: string;
  readonly entries: number;
  /** Everything up to this revision is in it. */
  readonly revision: number;
  /** Entries that an import leaves out: other NATS tools wrote them under keys that are not valid in machinist. */
  readonly notImportable: number;
}

/**
 * Exports while others go on writing: what they replace meanwhile is in the export as what it was replaced by. Holds one
 * piece at a time in memory, whatever the size of the bucket.
 * @param write takes the next piece; resolves when it wants more
 * @throws BUCKET_EXISTS when the bucket is incomplete because its own import has not ended
 */
export async function exportBucket(
  bucket: Bucket,
  write: (piece: string) => Promise<void>,
  { progress = () => undefined }: ExportOptions = {},
): Promise<Exported> {
  const status = await bucket.status();
  checkComplete(bucket.name, status);
  const hash = createHash("sha256");
  let piece = "";
  let entries = 0;
  let notImportable = 0;
  const flush = async (): Promise<void> => {
    hash.update(piece);
    await write(piece);
    piece = "";
    progress(entries, status.values);
  };
  piece = headerLine(status);
  const revision = await eachEntry(bucket, async (entry) => {
    piece += entryLine(entry);
    entries += 1;
    if (!isKey(entry.key)) notImportable += 1;
    if (piece.length >= pieceLength) await flush();
  });
  await flush();
  await write(endLine({ entries, revision, sha256: hash.digest("hex") }));
  return { bucket: bucket.name, entries, revision, notImportable };
}

/** An entry that is replaced before it was read comes in the next round, as its successor. @returns the last revision read */
async function eachEntry(bucket: Bucket, visit: (entry: Entry) => Promise<void>): Promise<number> {
  let upTo = await eachFrom(bucket, 1, visit);
  for (let round = 0; round < mostRounds; round += 1) {
    const { revision } = await bucket.status();
    if (revision <= upTo) break;
    upTo = await eachFrom(bucket, upTo + 1, visit);
  }
  return upTo;
}

async function eachFrom(
  bucket: Bucket,
  revision: number,
  visit: (entry: Entry) => Promise<void>,
): Promise<number> {
  const start = revision === 1 ? { includeHistory: true } : { resumeFromRevision: revision };
  await using watch = bucket.watch(">", start);
  for await (const item of watch) {
    if (item.operation === "READY") return Math.max(item.revision, revision - 1);
    await visit(item);
  }
  throw new Error("a watch ended before it was ready");
}
