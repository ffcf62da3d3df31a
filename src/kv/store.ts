/**
 * The key-value contract: what every engine promises, in prose and types. Nobody outside `kv/open` can tell which
 * engine answers. The promises are tested, case by case, by `test/kv/contract/`.
 *
 * - A **bucket** is a named set of keys with limits. Its **revision** is one counter for the whole bucket: it starts at 1,
 *   every successful write takes the next one, a failed write takes none, and emptying does not reset it.
 * - Every write appends an **entry**. The newest entry of a key is its current one; `history` older ones stay readable.
 *   A delete or purge is an entry too (a marker): `get` does not see it, `entry`, `history` and `watch` do.
 * - A write is acknowledged (its promise resolves) when it is durable, and only then is it visible to anyone.
 * - An entry **ends** when its life is over: that of its bucket (`ttlMs`) or its own (`ttlMs` of a create, purge or touch),
 *   whichever is shorter. From that moment nobody sees it and conditional writes do not find it, removed or not. In a
 *   bucket with `markerTtlMs` the end of a key's newest entry (unless that is a PURGE) appends a PURGE marker in the same
 *   commit, with a revision of its own, and takes the key's older entries along; the marker itself ends silently. In a
 *   bucket without, everything ends silently. An older entry that ends is silent too.
 * - `get` after an acknowledged write of this or another process returns that write or a newer one.
 * - Errors are MachinistError with the codes named here. Names are checked before any I/O.
 */
import type { Json } from "../lib/json.ts";

export type Operation = "PUT" | "DEL" | "PURGE";

/** Limits and description of a bucket. Sizes in bytes, times in milliseconds; -1 and 0 mean "none" as stated. */
export interface BucketConfig {
  /** Entries kept per key, markers included: 1 to 64. Default 1. */
  readonly history: number;
  /** Entries older than this end, markers too; 0 (default) keeps them for ever. */
  readonly ttlMs: number;
  /** How long a marker stays that tells of an end, at most `ttlMs`; 0 (default) = no such markers, no ttl of single keys. */
  readonly markerTtlMs: number;
  /** Largest value in bytes; -1 (default) = the engine's own limit, 1 MiB. */
  readonly maxValueSize: number;
  /** Largest size of the whole bucket in bytes; -1 (default) = no limit. */
  readonly maxBytes: number;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Where NATS keeps it. The embedded engine keeps everything in files, whatever is said here. */
  readonly storage: "file" | "memory";
  /** Stores values compressed. The embedded engine does so from 1 KiB on, where it saves an eighth or more. */
  readonly compression: boolean;
  readonly replicas: number;
}

export interface BucketStatus extends BucketConfig {
  readonly bucket: string;
  /** Retained entries, history and markers included. */
  readonly values: number;
  /** Stored bytes, as the engine counts them; 0 exactly when nothing is stored. */
  readonly bytes: number;
  /** The revision of the last write; 0 before the first. */
  readonly revision: number;
  readonly created: Date;
  /** What keeps the bucket: `LMDB` or `JetStream`. */
  readonly backingStore: string;
}

/** One revision of one key. Frozen. */
export interface Entry {
  readonly bucket: string;
  readonly key: string;
  /** Empty for markers and for reads with `metaOnly`. Treat as read-only. */
  readonly value: Uint8Array;
  readonly revision: number;
  /** When the store accepted it; never earlier than that of a lower revision. */
  readonly created: Date;
  /** Entries still to come in the same read: 0 for the newest; 0 on `get` and on live updates. */
  readonly delta: number;
  readonly operation: Operation;
  /** Size of the value in bytes, also when `metaOnly` left the value out. */
  readonly length: number;
  /**
   * Its own life in ms from `created`, as a create, purge or touch gave it, or as the marker of an end has it; absent when it
   * has none, or none that is shorter than its bucket's ttl.
   */
  readonly ttlMs?: number;
  /** The value as UTF-8 text. */
  string(): string;
  /** The value parsed as JSON. @throws SyntaxError */
  json(reviver?: (key: string, value: unknown) => unknown): Json;
}

/** Comes once per watch, after the last entry that existed when it began (also when there was none). */
export interface WatchReady {
  readonly operation: "READY";
  /** The bucket's revision up to which the watch has delivered. */
  readonly revision: number;
}

export type WatchItem = Entry | WatchReady;

/** Text is stored as UTF-8. */
export type Value = string | Uint8Array;

/** One filter or several: key grammar where a whole token may be `*` and the last may be `>`. Default `>`. */
export type Filter = string | readonly string[];

export interface WriteOptions {
  /** Write only if the key's newest entry (markers count) has this revision; 0 = the key has no entry at all. */
  readonly expectedRevision?: number;
}

export interface WatchOptions {
  /** All retained entries first, not only the newest of each key. */
  readonly includeHistory?: boolean;
  /** Nothing that exists already: READY comes at once. Not together with includeHistory. */
  readonly updatesOnly?: boolean;
  /** Only PUT entries. */
  readonly ignoreDeletes?: boolean;
  /** Empty values, true lengths. */
  readonly metaOnly?: boolean;
  /** Every retained entry with this revision or a higher one; overrides the two options above. */
  readonly resumeFromRevision?: number;
  /** Ends the watch (without an error) when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * A running watch: an async iterator of entries in strictly increasing revision, with one READY between what existed and
 * what is new. Ends after `stop()`; fails with BUCKET_NOT_FOUND when the bucket is destroyed, STORE_CLOSED when the store
 * is. A reader that is slower than the writers may miss entries that `history` no longer keeps, never the newest of a key.
 */
export interface Watch extends AsyncIterableIterator<WatchItem>, AsyncDisposable {
  stop(): void;
}

export interface Bucket {
  readonly name: string;
  /** The newest entry, or with `revision` that entry of this key; null when there is none or it is a marker. */
  get(key: string, options?: { revision?: number }): Promise<Entry | null>;
  /** As `get`, but markers are returned too. */
  entry(key: string, options?: { revision?: number }): Promise<Entry | null>;
  /** Writes a value. @returns its revision. @throws WRONG_REVISION, VALUE_TOO_LARGE, BUCKET_FULL, INVALID_KEY */
  put(key: string, value: Value, options?: WriteOptions): Promise<number>;
  /**
   * Writes only if the key has no live value. `ttlMs`: how long it lives, in whole ms from 1000, in buckets with markerTtlMs;
   * with a history above 1 not less than markerTtlMs. Another write to the key does not inherit it.
   * @throws KEY_EXISTS, TTL_INVALID, TTL_UNSUPPORTED (no markerTtlMs)
   */
  create(key: string, value: Value, options?: { ttlMs?: number }): Promise<number>;
  /** Writes only if `revision` (>= 1) is the newest entry's, markers included. @throws WRONG_REVISION, INVALID_ARGUMENT */
  update(key: string, value: Value, revision: number): Promise<number>;
  /**
   * Appends a DEL marker (also to a key that never existed). A filter with wildcards deletes every live key it matches, and
   * then takes no expectedRevision.
   * @returns the marker's revision; of a filter the last one, or 0 when nothing matched
   */
  delete(keyOrFilter: string, options?: WriteOptions): Promise<number>;
  /** Drops all entries of the key and leaves one PURGE marker, which lives for `ttlMs` (as in create). No wildcards. */
  purge(key: string, options?: WriteOptions & { ttlMs?: number }): Promise<number>;
  /**
   * Renews the life of a value, as the holder of a lock or a lease does: puts the newest value again, with a `ttlMs` (as in
   * create) that begins now, whatever life it had. Watchers see a PUT. Only in buckets with history 1: elsewhere copies would push
   * what people want to look back at out of the history. `put` gives the key a value without a ttl.
   * @returns the new revision
   * @throws KEY_NOT_FOUND (no live value: it is too late), WRONG_REVISION, TTL_INVALID, TTL_UNSUPPORTED (no markerTtlMs),
   * UNSUPPORTED (a higher history)
   */
  touch(key: string, ttlMs: number, options?: WriteOptions): Promise<number>;
  /** Puts the value of an older revision again; conditional with expectedRevision. @throws KEY_NOT_FOUND */
  revert(key: string, revision: number, options?: WriteOptions): Promise<number>;
  /** Names of live keys that match, sorted by code point. A key that is written meanwhile may be left out. */
  keys(filter?: Filter): AsyncIterable<string>;
  /** Retained entries that match, in order of revision, markers included; those that vanish meanwhile may be missing. */
  history(filter?: Filter, options?: { metaOnly?: boolean }): AsyncIterable<Entry>;
  /** Starts at the moment of the call. @throws INVALID_ARGUMENT, INVALID_KEY at once, BUCKET_NOT_FOUND from the iterator */
  watch(filter?: Filter, options?: WatchOptions): Watch;
  status(): Promise<BucketStatus>;
  /** Removes every entry; watchers are not told; the revision goes on. */
  empty(): Promise<void>;
  /** For keys whose newest entry is a marker: all goes when the marker is older, else all but the marker. 0 = any age. */
  purgeDeletes(olderThanMs?: number): Promise<void>;
}

export interface Store extends AsyncDisposable {
  /** Idempotent for an equal config. @throws BUCKET_EXISTS (other config), INVALID_CONFIG, INVALID_BUCKET, UNSUPPORTED */
  createBucket(name: string, config?: Partial<BucketConfig>): Promise<Bucket>;
  /** @throws BUCKET_NOT_FOUND */
  openBucket(name: string): Promise<Bucket>;
  /** Resolves when there is such a bucket, at once if there is; rejects with the signal's reason. @throws STORE_CLOSED */
  whenBucketExists(name: string, signal: AbortSignal): Promise<void>;
  /** Sorted by name. */
  listBuckets(): Promise<BucketStatus[]>;
  /** @throws BUCKET_NOT_FOUND */
  destroyBucket(name: string): Promise<void>;
  /** Lets acknowledged work finish, fails the rest with STORE_CLOSED, ends all watches. Idempotent. */
  close(): Promise<void>;
}

/** The words in the config's defaults, shared by engines and the command line. */
export const defaultBucketConfig: BucketConfig = Object.freeze({
  history: 1,
  ttlMs: 0,
  markerTtlMs: 0,
  maxValueSize: -1,
  maxBytes: -1,
  description: "",
  metadata: Object.freeze({}),
  storage: "file",
  compression: false,
  replicas: 1,
});
