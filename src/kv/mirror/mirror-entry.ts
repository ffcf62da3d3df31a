/** What a mirror knows of one key, and how it comes from an entry of the store. */
import type { Codec } from "../codec.ts";
import { decodeEntry } from "../codec.ts";
import type { Entry } from "../store.ts";

/** The newest value of a key, as a mirror holds it. Frozen. */
export interface MirrorEntry<T> {
  readonly key: string;
  /** undefined when the codec cannot read it, and in a mirror with `metaOnly`. */
  readonly value: T | undefined;
  /** Only of a value that the codec cannot read: what is stored. */
  readonly bytes?: Uint8Array;
  readonly revision: number;
  readonly created: Date;
  /** Size of the stored value in bytes. */
  readonly length: number;
  /** When its time is over, in ms since 1970; Infinity when it has no end. */
  readonly endsAt: number;
}

/** How the entries of one bucket are read. */
export interface Reading<T> {
  /** undefined: values are left out. */
  readonly codec: Codec<T> | undefined;
  /** Of the bucket; 0: none. */
  readonly ttlMs: number;
  /** Told of a value that the codec cannot read. */
  readonly failed: (error: unknown) => void;
}

export function mirrorEntry<T>(entry: Entry, reading: Reading<T>): MirrorEntry<T> {
  const { key, revision, created, length } = entry;
  const known = { key, revision, created, length, endsAt: endOf(entry, reading.ttlMs) };
  if (!reading.codec) return Object.freeze({ ...known, value: undefined });
  try {
    return Object.freeze({ ...known, value: decodeEntry(entry, reading.codec) });
  } catch (error) {
    reading.failed(error);
    return Object.freeze({ ...known, value: undefined, bytes: entry.value });
  }
}

function endOf(entry: Entry, bucketTtlMs: number): number {
  const own = "ttlMs" in entry && typeof entry.ttlMs === "number" ? entry.ttlMs : Number.POSITIVE_INFINITY;
  const ttlMs = Math.min(own, bucketTtlMs === 0 ? Number.POSITIVE_INFINITY : bucketTtlMs);
  return entry.created.getTime() + ttlMs;
}
