/**
 * Reads the next revision after a position, some in advance. Correct by the position alone: what it holds in memory only
 * saves reading, and is dropped whenever the position is not one that it continues.
 */
import type { Bucket, BucketStatus, Entry } from "../../src/kv/store.ts";
import type { Position } from "./cursor.ts";
import { type Gap, gapsBefore, noGap } from "./gaps.ts";

/** How much is read in advance. */
const mostEntries = 500;
const mostBytes = 1024 * 1024;

export interface ReadingPlace {
  readonly bucket: Bucket;
  readonly filter: string;
  /** undefined = before the first retained revision. */
  readonly position: Position | undefined;
}

export interface NextRevision {
  readonly entry: Entry;
  /** Revisions that were gone before the watcher could read them, between its position and the entry. */
  readonly gap: Gap;
  /** As in `Position`. */
  readonly followsFrom: number;
  /** When the bucket was created. Another time than the position's: reading began anew in a later bucket of this name. */
  readonly created: string;
  /** True when a further one is known or likely. */
  readonly hasMore: boolean;
}

interface Batch {
  readonly created: string;
  /** In order of revision. */
  readonly entries: readonly Entry[];
  /** Of each entry. */
  readonly gaps: readonly Gap[];
  /** False when entries that match may follow the last one. */
  readonly isComplete: boolean;
  /** Everything that matches up to this revision is in the batch or before it. */
  readonly scannedTo: number;
  readonly followsFrom: number;
}

export class RevisionReader {
  /** Place of the position before the first entry of the batch, as text. */
  #place = "";
  #batch: Batch | undefined;

  /** Asking again with the same position gives the same revision. @returns undefined when nothing matches yet */
  async next(at: ReadingPlace, signal: AbortSignal): Promise<NextRevision | undefined> {
    this.#moveTo(at);
    if (!this.#batch || this.#batch.entries.length === 0)
      this.#batch = await readBatch(at, this.#batch, signal);
    const { entries, gaps, created, followsFrom, isComplete } = this.#batch;
    const [entry] = entries;
    const [gap = noGap] = gaps;
    const hasMore = entries.length > 1 || !isComplete;
    return entry && { entry, gap, created, followsFrom, hasMore };
  }

  /** Where reading begins, as the last `next` saw it. */
  get start(): Pick<Batch, "created" | "followsFrom"> | undefined {
    return this.#batch;
  }

  #moveTo({ filter, position }: ReadingPlace): void {
    const place = placeOf(filter, position);
    if (place === this.#place) return;
    const batch = this.#batch;
    const [first, ...rest] = batch?.entries ?? [];
    const follows = batch && first && place === placeOf(filter, { ...batch, revision: first.revision });
    this.#batch = follows ? { ...batch, entries: rest, gaps: batch.gaps.slice(1) } : undefined;
    this.#place = place;
  }
}

function placeOf(
  filter: string,
  position: { readonly created: string; readonly revision: number } | undefined,
): string {
  return position ? `${filter} ${position.created} ${position.revision}` : filter;
}

/** @param scanned an empty batch of the same place: what it went through is not gone through again */
async function readBatch(at: ReadingPlace, scanned: Batch | undefined, signal: AbortSignal): Promise<Batch> {
  const { bucket, filter, position } = at;
  for (;;) {
    const status = await bucket.status();
    const { created, followsFrom, handled, done } = startOf(position, scanned, status);
    const known = { created, followsFrom };
    if (done >= status.revision)
      return { ...known, entries: [], gaps: [], isComplete: true, scannedTo: done };
    const read = await readAhead(bucket, { filter, from: done + 1 }, signal);
    // What is gone between the position and what was gone through shows only in the numbers of a whole bucket.
    const after = Math.max(filter === ">" ? handled : done, followsFrom);
    const { history } = status;
    const gaps = await gapsBefore({ ...read, bucket, filter, history, handled, after }, signal);
    // Another bucket may have taken the name in between; then none of this can be told apart.
    if ((await bucket.status()).created.toISOString() === created) return { ...known, gaps, ...read };
  }
}

interface Start extends Pick<Batch, "created" | "followsFrom"> {
  /** The revision that was handled last in this bucket; 0: none. */
  readonly handled: number;
  /** Everything up to this revision was handled or does not match. */
  readonly done: number;
}

function startOf(
  position: Position | undefined,
  scanned: Batch | undefined,
  { created: createdAt, revision }: BucketStatus,
): Start {
  const created = createdAt.toISOString();
  const before = scanned?.created === created ? scanned : undefined;
  const scannedTo = before?.scannedTo ?? 0;
  // What is gone when a watcher begins was never meant for it; of a bucket that was made again it wants everything.
  if (!position)
    return { created, handled: 0, done: scannedTo, followsFrom: before?.followsFrom ?? revision };
  const isSame = position.created === created && position.revision <= revision;
  const { revision: handled, followsFrom } = isSame ? position : { revision: 0, followsFrom: 0 };
  return { created, handled, done: Math.max(handled, scannedTo), followsFrom };
}

async function readAhead(
  bucket: Bucket,
  { filter, from }: { readonly filter: string; readonly from: number },
  signal: AbortSignal,
): Promise<Pick<Batch, "entries" | "isComplete" | "scannedTo">> {
  const entries: Entry[] = [];
  let bytes = 0;
  const watch = bucket.watch(filter, { resumeFromRevision: from, signal });
  try {
    for await (const item of watch) {
      if (item.operation === "READY") return { entries, isComplete: true, scannedTo: item.revision };
      entries.push(item);
      bytes += item.length;
      if (entries.length === mostEntries || bytes >= mostBytes) {
        return { entries, isComplete: false, scannedTo: item.revision };
      }
    }
  } finally {
    watch.stop();
  }
  signal.throwIfAborted();
  throw new Error(`the watch of bucket ${bucket.name} ended before it was ready`);
}
