/**
 * How many revisions are gone before each entry that was read. Revisions are numbered per bucket: a watcher of the whole bucket
 * sees exactly which numbers are gone. A watcher of some keys sees whether such a key has used up its history; then every number
 * that is gone counts, because no engine records which key it belonged to.
 */
import { hasWildcards } from "../../src/kv/names.ts";
import type { Bucket, Entry } from "../../src/kv/store.ts";

/** Revisions beyond so many entries of other keys are counted without a look at each: the most they can be. */
const mostCounted = 10_000;

export interface Gap {
  readonly revisions: number;
  readonly isExact: boolean;
}

export const noGap: Gap = { revisions: 0, isExact: true };

export interface ReadEntries {
  readonly bucket: Bucket;
  readonly filter: string;
  /** Entries that the bucket keeps of each key. */
  readonly history: number;
  /** The revision that the watcher handled last; 0: none. */
  readonly handled: number;
  /** Only revisions above this one count. */
  readonly after: number;
  /** In order of revision. */
  readonly entries: readonly Entry[];
  /** False when entries that match may follow the last one. */
  readonly isComplete: boolean;
}

/** @returns one for each entry: what is gone between it and the entry before it */
export async function gapsBefore(read: ReadEntries, signal: AbortSignal): Promise<readonly Gap[]> {
  const { filter, after, entries } = read;
  const isWhole = filter === ">";
  const until = isWhole ? Number.POSITIVE_INFINITY : await lastSuspect(read);
  const others = isWhole || until === 0 ? [] : await presentBefore(read, until, signal);
  return entries.map(({ revision }, at) => {
    if (revision > until) return noGap;
    const before = Math.max(entries[at - 1]?.revision ?? 0, after);
    const present = others.filter((other) => other > before && other < revision).length;
    const revisions = Math.max(0, revision - before - 1 - present);
    return { revisions, isExact: isWhole || revisions === 0 };
  });
}

/** Revision of the last entry before which one of its own key may be gone; 0: there is no such entry. */
async function lastSuspect({ bucket, filter, ...read }: ReadEntries): Promise<number> {
  const { history, handled, after, entries, isComplete } = read;
  const suspects = [...byKey(entries).values()].filter(
    (ofKey) => !isComplete || ofKey.length >= history || ofKey.some(dropsOlder),
  );
  const last = Math.max(0, ...suspects.map(([first]) => first?.revision ?? 0));
  if (last <= after) return 0;
  if (handled === 0 || hasWildcards(filter)) return last;
  // The history drops the oldest entries first: while the one that was handled last is there, so are all after it.
  return (await bucket.entry(filter, { revision: handled })) ? 0 : last;
}

function byKey(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.key);
    if (group) group.push(entry);
    else groups.set(entry.key, [entry]);
  }
  return groups;
}

/** A purge and a value with a ttl of its own take the older entries of their key along. */
function dropsOlder({ operation, ttlMs }: Entry): boolean {
  return operation === "PURGE" || ttlMs !== undefined;
}

/** Revisions that the whole bucket still has between `after` and `until`. */
async function presentBefore(
  { bucket, after }: ReadEntries,
  until: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const present: number[] = [];
  await using watch = bucket.watch(">", { resumeFromRevision: after + 1, metaOnly: true, signal });
  for await (const item of watch) {
    if (item.operation === "READY" || item.revision >= until || present.length === mostCounted) break;
    present.push(item.revision);
  }
  signal.throwIfAborted();
  return present;
}
