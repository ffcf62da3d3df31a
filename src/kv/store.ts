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
 *   whichever is shorter (on NATS: when its server has noticed, up to 0.3 s later). From that moment nobody sees it and conditional writes do not find it, removed or not. In a
 *   bucket with `markerTtlMs` the end of a key's newest entry (unless that is a PURGE) appends a PURGE marker in the same
 *   commit, with a revision of its own, and takes the key's older entries along; the marker itself ends silently. In a
 *   bucket without, everything ends silently. An older entry that ends is silent too.
 * - `get` after an acknowledged write of this or another process returns that write or a newer one.
 * - Errors are MachinistError with the codes named here. Names are checked before any I/O.
 */
import type { Json } from "../lib/json.ts";
import type { Messages } from "./messages.ts";

export type Operation = "PUT" | "DEL" | "PURGE";

/** Limits and description of a bucket. Sizes in bytes, times in milliseconds; -1 and 0 mean "none" as stated. */
export interface BucketConfig {
  /** Entries kept per key, markers included: 1 to 64. Default 1. */
  readonly history: number;
  /** Entries older than this end, markers too; 0 (default) keeps them for ever. */
  readonly ttlMs: number;
  /**
   * How long a marker stays that tells of an end, at most `ttlMs`; 0 (default) = no such markers, no ttl of single keys. NATS
   * takes whole seconds, and none before version 2.11.
   */
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
  /** Copies kept by a NATS cluster: 1 (default), 3 or 5. */
  readonly replicas: number;
  /** Where in a NATS cluster it is kept. NATS only, as all that follows; absent by default. */
  readonly placement?: BucketPlacement;
  /** Every entry is published once more, for plain subscribers. */
  readonly republish?: BucketRepublish;
  /**
   * Copies another bucket, of another JetStream domain, with its revisions. Reads are local and may be behind by a moment, also when
   * the other domain is away; writes go to the bucket that is copied.
   */
  readonly mirror?: BucketOrigin;
  /** Takes over the entries of other buckets as they come, under the same keys, with revisions of its own. */
  readonly sources?: readonly BucketOrigin[];
}

/** A bucket that is copied; `domain` is its JetStream domain, when that is another one. */
export interface BucketOrigin {
  readonly bucket: string;
  readonly domain?: string;
}

export interface BucketPlacement {
  readonly cluster?: string;
  /** Tags that the servers must have. */
  readonly tags?: readonly string[];
}

/** Subjects in the grammar of NATS: `source` (default `>`) selects, `destination` says where to. */
export interface BucketRepublish {
  readonly source?: string;
  readonly destination: string;
  /** Without the values. */
  readonly headersOnly?: boolean;
}

/** How far the copy of an origin is. */
export interface OriginStatus extends BucketOrigin {
  /** Entries that are still to come. */
  readonly lag: number;
  /** Ms since something was heard of it; null: never. */
  readonly lastSeenMs: number | null;
}

/** The servers that keep a replicated bucket. */
export interface BucketCluster {
  readonly name: string;
  /** Undefined while there is none. */
  readonly leader: string | undefined;
  readonly replicas: readonly { readonly name: string; readonly current: boolean; readonly lag: number }[];
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
  /** Of a mirror, and of one with sources. */
  readonly origins?: readonly OriginStatus[];
  /** Of a bucket in a NATS cluster. */
  readonly cluster?: BucketCluster;
  /** Writes are UNSUPPORTED: a bucket that another NATS tool made without subjects, for its sources only. */
  readonly isReadOnly?: true;
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
  /**
   * The value as UTF-8 text.
   * @example
   * await bucket.put("greeting", "hello");
   * (await bucket.get("greeting"))?.string(); // => "hello"
   */
  string(): string;
  /**
   * The value parsed as JSON.
   * @throws SyntaxError
   * @example
   * await bucket.put("limits", '{"memory":512}');
   * (await bucket.get("limits"))?.json(); // => { memory: 512 }
   */
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

export interface ReadOptions {
  /** That entry of the key, instead of the newest. */
  readonly revision?: number;
  /**
   * Takes what any replica of the bucket has, or its mirror, which may be behind by a moment: an acknowledged write may not be seen
   * yet. Spreads reads over a NATS cluster. Without meaning on the embedded engine, where nothing is ever behind.
   */
  readonly stale?: boolean;
}

/** Called now and then by long work; nothing says that it comes to `expected` exactly. */
export type Progress = (done: number, expected: number) => void;

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
  /**
   * @example
   * const watch = bucket.watch();
   * watch.stop();
   * (await watch.next()).done; // => true
   */
  stop(): void;
}

export interface Bucket {
  readonly name: string;
  /**
   * The newest entry, or with `revision` that entry of this key; null when there is none or it is a marker.
   * @example
   * await bucket.put("greeting", "hello");
   * (await bucket.get("greeting"))?.string(); // => "hello"
   * await bucket.get("nobody"); // => null
   */
  get(key: string, options?: ReadOptions): Promise<Entry | null>;
  /**
   * As `get`, but markers are returned too.
   * @example
   * await bucket.delete("greeting");
   * (await bucket.entry("greeting"))?.operation; // => "DEL"
   */
  entry(key: string, options?: ReadOptions): Promise<Entry | null>;
  /**
   * Writes a value.
   * @returns its revision.
   * @throws WRONG_REVISION, VALUE_TOO_LARGE, BUCKET_FULL, INVALID_KEY
   * @example
   * await bucket.put("greeting", "hello"); // => 1
   * await bucket.put("picture", new Uint8Array([137, 80, 78, 71])); // => 2
   */
  put(key: string, value: Value, options?: WriteOptions): Promise<number>;
  /**
   * Writes only if the key has no live value. `ttlMs`: how long it lives, in whole ms from 1000, in buckets with markerTtlMs;
   * with a history above 1 not less than markerTtlMs. NATS rounds up to whole seconds; the entry tells what it got. Such a
   * value drops the key's older entries, which its end would bring back; another write to the key does not inherit its ttl.
   * @throws KEY_EXISTS, TTL_INVALID, TTL_UNSUPPORTED (no markerTtlMs)
   * @example
   * await leases.create("leader", "host1", { ttlMs: 30_000 }); // => 1
   * await leases.create("leader", "host2").catch((error) => error.code); // => "KEY_EXISTS"
   */
  create(key: string, value: Value, options?: { ttlMs?: number }): Promise<number>;
  /**
   * Writes only if `revision` (>= 1) is the newest entry's, markers included.
   * @throws WRONG_REVISION, INVALID_ARGUMENT
   * @example
   * const revision = await bucket.put("replicas", "2");
   * await bucket.update("replicas", "3", revision); // => 2
   * await bucket.update("replicas", "4", revision).catch((error) => error.code); // => "WRONG_REVISION"
   */
  update(key: string, value: Value, revision: number): Promise<number>;
  /**
   * Appends a DEL marker (also to a key that never existed). A filter with wildcards deletes every live key it matches, in the
   * order of `keys`, and then takes no expectedRevision.
   * @returns the marker's revision; of a filter the last one, or 0 when nothing matched
   * @example
   * await bucket.put("app.a", "1");
   * await bucket.put("app.b", "2");
   * await bucket.delete("app.*"); // => 4
   * await bucket.get("app.a"); // => null
   */
  delete(keyOrFilter: string, options?: WriteOptions): Promise<number>;
  /**
   * Drops all entries of the key and leaves one PURGE marker, which lives for `ttlMs` (as in create). No wildcards.
   * @example
   * await bucket.put("secret", "a");
   * await bucket.put("secret", "b");
   * await bucket.purge("secret"); // => 3
   * await bucket.get("secret", { revision: 1 }); // => null
   */
  purge(key: string, options?: WriteOptions & { ttlMs?: number }): Promise<number>;
  /**
   * Renews the life of a value, as the holder of a lock or a lease does: puts the newest value again, with a `ttlMs` (as in
   * create) that begins now, whatever life it had. Watchers see a PUT. Only in buckets with history 1: elsewhere copies would push
   * what people want to look back at out of the history. `put` gives the key a value without a ttl.
   * @returns the new revision
   * @throws KEY_NOT_FOUND (no live value: it is too late), WRONG_REVISION, TTL_INVALID, TTL_UNSUPPORTED (no markerTtlMs),
   * UNSUPPORTED (a higher history)
   * @example
   * await leases.create("leader", "host1", { ttlMs: 30_000 });
   * await leases.touch("leader", 30_000); // => 2
   */
  touch(key: string, ttlMs: number, options?: WriteOptions): Promise<number>;
  /**
   * Puts the value of an older revision again; conditional with expectedRevision.
   * @throws WRONG_REVISION, KEY_NOT_FOUND
   * @example
   * await bucket.put("release", "1.0.0");
   * await bucket.put("release", "2.0.0");
   * await bucket.revert("release", 1); // => 3
   * (await bucket.get("release"))?.string(); // => "1.0.0"
   */
  revert(key: string, revision: number, options?: WriteOptions): Promise<number>;
  /**
   * Names of live keys that match, sorted by code point. A key that is written meanwhile may be left out.
   * @example
   * await bucket.put("app.b", "2");
   * await bucket.put("app.a", "1");
   * for await (const key of bucket.keys("app.*")) console.log(key); // prints app.a, app.b
   */
  keys(filter?: Filter): AsyncIterable<string>;
  /**
   * Retained entries that match, in order of revision, markers included; those that vanish meanwhile may be missing.
   * @example
   * await bucket.put("release", "1.0.0");
   * await bucket.delete("release");
   * for await (const { revision, operation } of bucket.history("release")) {
   *   console.log(revision, operation); // prints 1 PUT, 2 DEL
   * }
   */
  history(filter?: Filter, options?: { metaOnly?: boolean }): AsyncIterable<Entry>;
  /**
   * Starts at the moment of the call.
   * @throws INVALID_ARGUMENT, INVALID_KEY at once, BUCKET_NOT_FOUND from the iterator
   * @example
   * await bucket.put("app.a", "1");
   * await using watch = bucket.watch("app.>");
   * for await (const item of watch) {
   *   if (item.operation === "READY") break; // all that existed was seen
   *   console.log(item.key, item.string()); // prints app.a 1
   * }
   */
  watch(filter?: Filter, options?: WatchOptions): Watch;
  /**
   * @example
   * await bucket.put("a", "1");
   * (await bucket.status()).values; // => 1
   */
  status(): Promise<BucketStatus>;
  /**
   * Removes every entry; watchers are not told; the revision goes on.
   * @example
   * await bucket.put("a", "1");
   * await bucket.empty();
   * await bucket.put("a", "2"); // => 2
   */
  empty(): Promise<void>;
  /**
   * For keys whose newest entry is a marker: all goes when the marker is older (default: 30 minutes), else all but the marker.
   * 0 = any age. `progress` hears how much of how much was gone through.
   * @example
   * await bucket.delete("a");
   * await bucket.purgeDeletes(0);
   * (await bucket.status()).values; // => 0
   */
  purgeDeletes(olderThanMs?: number, options?: { progress?: Progress }): Promise<void>;
}

export interface Store extends AsyncDisposable {
  /** Plain messages beside the buckets, where the store is a message server (NATS); undefined on the embedded engine. */
  readonly messages: Messages | undefined;
  /**
   * Idempotent for an equal config.
   * @throws BUCKET_EXISTS (other config), INVALID_CONFIG, INVALID_BUCKET, UNSUPPORTED
   * @example
   * const config = await store.createBucket("CONFIG", { history: 5, ttlMs: 3_600_000 });
   * await config.put("greeting", "hello"); // => 1
   */
  createBucket(name: string, config?: Partial<BucketConfig>): Promise<Bucket>;
  /**
   * Changes the settings that are given and leaves the others. A lower `history` drops the entries beyond it at once, another
   * `ttlMs` holds for the entries that are there too, `maxBytes` below what is stored keeps all of it and refuses what would
   * add to it. Everything is checked before anything changes; handles and watches that are open follow, those of other
   * processes when they next look (on NATS 2 s later at most). What never changes is `storage`; `markerTtlMs` can be added
   * and changed, not turned off.
   * @param changes `metadata` is replaced as a whole
   * @returns the bucket as it is now
   * @throws BUCKET_NOT_FOUND, INVALID_CONFIG, UNSUPPORTED
   * @example
   * const { history, ttlMs } = await store.editBucket("CFG", { history: 10, ttlMs: 86_400_000 });
   * history; // => 10
   */
  editBucket(name: string, changes: Partial<BucketConfig>): Promise<BucketStatus>;
  /**
   * @throws BUCKET_NOT_FOUND
   * @example
   * await store.openBucket("NOBODY").catch((error) => error.code); // => "BUCKET_NOT_FOUND"
   */
  openBucket(name: string): Promise<Bucket>;
  /**
   * Resolves when there is such a bucket, at once if there is; rejects with the signal's reason.
   * @throws STORE_CLOSED
   * @example
   * const made = store.whenBucketExists("LATER", AbortSignal.timeout(5_000));
   * await store.createBucket("LATER");
   * await made; // => undefined
   */
  whenBucketExists(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Sorted by name.
   * @example
   * (await store.listBuckets()).map((status) => status.bucket); // => ["CFG", "LEASES"]
   */
  listBuckets(): Promise<BucketStatus[]>;
  /**
   * @throws BUCKET_NOT_FOUND
   * @example
   * await store.destroyBucket("CFG");
   * await bucket.get("a").catch((error) => error.code); // => "BUCKET_NOT_FOUND"
   */
  destroyBucket(name: string): Promise<void>;
  /**
   * Lets acknowledged work finish, fails the rest with STORE_CLOSED, ends all watches. Idempotent.
   * @example
   * await store.close();
   * await bucket.get("a").catch((error) => error.code); // => "STORE_CLOSED"
   */
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
