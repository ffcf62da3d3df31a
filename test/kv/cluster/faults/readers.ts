/** Readers that run while nodes fail. Each returns the acknowledged revisions that it missed. */
import { openMirror } from "../../../../src/kv/mirror.ts";
import type { Bucket, Store, Watch } from "../../../../src/kv/store.ts";
import type { Position } from "../../../../watchers/kv/cursor.ts";
import { RevisionReader } from "../../../../watchers/kv/revision-reader.ts";
import type { Acknowledged } from "./acknowledged.ts";
import { isOutage, untilDone } from "./writer.ts";

/** Longer than any outage of the run. */
const mostMs = 120_000;

export interface Reading {
  readonly store: Store;
  readonly bucket: Bucket;
  readonly filter: string;
  readonly acknowledged: Acknowledged;
}

export interface Missed {
  /** Times that the reader read up to READY. */
  readonly reads: number;
  readonly revisions: readonly number[];
}

/** As a watcher with `deliver: every` reads: its cursor moves past everything that the reader has gone through. */
export class CursorReader {
  readonly #reader = new RevisionReader();
  #position: Position | undefined;

  async read({ bucket, filter, acknowledged }: Reading): Promise<Missed> {
    const seen = new Set<number>();
    const { signal } = new AbortController();
    let reads = 0;
    for (;;) {
      const isLast = acknowledged.isComplete;
      const next = await untilDone(() =>
        this.#reader.next({ bucket, filter, position: this.#position }, signal),
      );
      reads += 1;
      if (next) {
        const { entry, created, followsFrom } = next;
        // The reader would return it again and again, without a turn of the event loop.
        if (entry.revision <= (this.#position?.revision ?? 0))
          throw new Error(`revision ${entry.revision} was delivered twice`);
        seen.add(entry.revision);
        this.#position = { bucket: bucket.name, created, revision: entry.revision, followsFrom };
      } else if (isLast) break;
      else await acknowledged.changed();
    }
    return { reads, revisions: [...acknowledged.keys.keys()].filter((revision) => !seen.has(revision)) };
  }
}

/** `keys` must list every key that was acknowledged before the call. */
export async function readKeys({ bucket, filter, acknowledged }: Reading): Promise<Missed> {
  return await readAgainAndAgain(acknowledged, async () => {
    const found = new Set<string>();
    for await (const key of bucket.keys(filter)) found.add(key);
    return found;
  });
}

/** A mirror whose `waitFor` has resolved must have every key up to that revision. */
export async function readMirrors({ store, bucket, filter, acknowledged }: Reading): Promise<Missed> {
  return await readAgainAndAgain(acknowledged, async (revision) => {
    await using mirror = openMirror(store, bucket.name, { filter });
    await mirror.waitFor(revision, { timeoutMs: mostMs });
    return new Set(mirror.keys());
  });
}

/** A watch of updates must deliver every entry whose put began after READY. */
export async function readUpdates({ bucket, filter, acknowledged }: Reading): Promise<Missed> {
  const missed = new Set<number>();
  let reads = 0;
  while (!acknowledged.isComplete) {
    // A watch that never delivers the entry is a finding, not a run without an end.
    const signal = AbortSignal.timeout(mostMs);
    await using watch = bucket.watch(filter, { updatesOnly: true, signal });
    await untilReady(watch);
    const revision = await untilDone(() => bucket.put(filter.replace("*", "1"), "1"));
    if (!(await delivers(watch, revision))) missed.add(revision);
    reads += 1;
  }
  return { reads, revisions: [...missed] };
}

async function untilReady(watch: Watch): Promise<void> {
  for (;;) {
    const { value, done } = await watch.next();
    if (done || value.operation === "READY") return;
  }
}

async function delivers(watch: Watch, revision: number): Promise<boolean> {
  for await (const item of watch) if (item.revision >= revision) return item.revision === revision;
  return false;
}

/** @param read returns the keys that it found; the revision is the last one that was acknowledged before the call */
async function readAgainAndAgain(
  acknowledged: Acknowledged,
  read: (revision: number) => Promise<ReadonlySet<string>>,
): Promise<Missed> {
  const missed = new Set<number>();
  let reads = 0;
  for (let isLast = false; !isLast; ) {
    isLast = acknowledged.isComplete;
    const before = [...acknowledged.keys];
    try {
      const found = await read(Math.max(0, ...acknowledged.keys.keys()));
      reads += 1;
      for (const [revision, key] of before) if (!found.has(key)) missed.add(revision);
    } catch (error) {
      // Reading fails at once while nodes are away: the last time it has to succeed.
      if (!isOutage(error)) throw error;
      isLast = false;
    }
  }
  return { reads, revisions: [...missed] };
}
