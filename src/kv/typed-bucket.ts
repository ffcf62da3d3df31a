/** A bucket whose values have a type. */
import { type Codec, decodeEntry } from "./codec.ts";
import type {
  Bucket,
  Entry,
  Filter,
  Operation,
  ReadOptions,
  Watch,
  WatchOptions,
  WatchReady,
  WriteOptions,
} from "./store.ts";

/** An entry with its value decoded. */
export interface TypedEntry<T> extends Pick<Entry, "bucket" | "key" | "revision" | "created" | "delta"> {
  readonly operation: "PUT";
  /** Decoded when first asked for, so that a bad value ends no watch. @throws BAD_VALUE */
  readonly value: T;
  /** As the store gave it. */
  readonly raw: Entry;
}

/** A delete or purge. */
export interface TypedMarker extends Omit<TypedEntry<never>, "operation" | "value"> {
  readonly operation: Exclude<Operation, "PUT">;
}

/** As Watch, of typed entries. */
export interface TypedWatch<T>
  extends AsyncIterableIterator<TypedEntry<T> | TypedMarker | WatchReady>,
    AsyncDisposable {
  /**
   * Ends it: its iterator is done.
   * @example
   * const watch = withCodec(bucket, text).watch();
   * watch.stop();
   * (await watch.next()).done; // => true
   */
  stop(): void;
}

/** The verbs that take or give values, each as in Bucket. */
export interface TypedBucket<T> {
  /** The bucket itself, for all other verbs. */
  readonly raw: Bucket;
  /**
   * @example
   * const texts = withCodec(bucket, text);
   * const first = await texts.put("role", "web");
   * await texts.put("role", "db");
   * (await texts.get("role", { revision: first }))?.value; // => "web"
   */
  get(key: string, options?: ReadOptions): Promise<TypedEntry<T> | null>;
  /**
   * @example
   * const texts = withCodec(bucket, text);
   * await bucket.delete("role");
   * (await texts.entry("role"))?.operation; // => "DEL"
   */
  entry(key: string, options?: ReadOptions): Promise<TypedEntry<T> | TypedMarker | null>;
  /**
   * @example
   * const limits = withCodec(bucket, json);
   * await limits.put("limits", { jobs: 4 });
   * (await bucket.get("limits"))?.string(); // => '{"jobs":4}'
   */
  put(key: string, value: T, options?: WriteOptions): Promise<number>;
  /**
   * @example
   * await withCodec(leases, json).create("deploy", { host: "host1" }, { ttlMs: 30_000 }); // => 1
   */
  create(key: string, value: T, options?: { ttlMs?: number }): Promise<number>;
  /**
   * @example
   * const limits = withCodec(bucket, json);
   * const revision = await limits.put("limits", { jobs: 4 });
   * await limits.update("limits", { jobs: 8 }, revision); // => 2
   */
  update(key: string, value: T, revision: number): Promise<number>;
  /**
   * @example
   * const texts = withCodec(bucket, text);
   * await texts.put("role", "web");
   * await bucket.delete("role");
   * for await (const entry of texts.history("role")) console.log(entry.operation); // prints PUT, DEL
   */
  history(filter?: Filter): AsyncIterable<TypedEntry<T> | TypedMarker>;
  /**
   * Always with values: no `metaOnly`.
   * @example
   * const texts = withCodec(bucket, text);
   * await texts.put("role", "web");
   * for await (const item of texts.watch("role")) {
   *   if (item.operation === "READY") break;
   *   if (item.operation === "PUT") console.log(item.value); // prints web
   * }
   */
  watch(filter?: Filter, options?: Omit<WatchOptions, "metaOnly">): TypedWatch<T>;
}

/**
 * The same bucket, read and written through a codec.
 * @example
 * const settings = withCodec(bucket, json);
 * await settings.put("limits", { jobs: 4 });
 * (await settings.get("limits"))?.value; // => { jobs: 4 }
 */
export function withCodec<T>(bucket: Bucket, codec: Codec<T>): TypedBucket<T> {
  const typed = (entry: Entry) => typedEntry(entry, codec);
  return {
    raw: bucket,
    async get(key, options) {
      const entry = await bucket.get(key, options);
      return entry && new DecodedEntry(entry, codec);
    },
    async entry(key, options) {
      const entry = await bucket.entry(key, options);
      return entry && typed(entry);
    },
    // Async, so that a value which cannot be encoded is a rejection, as every other failure is.
    put: async (key, value, options) => bucket.put(key, codec.encode(value), options),
    create: async (key, value, options) => bucket.create(key, codec.encode(value), options),
    update: async (key, value, revision) => bucket.update(key, codec.encode(value), revision),
    async *history(filter) {
      for await (const entry of bucket.history(filter)) yield typed(entry);
    },
    watch: (filter, options) => new DecodedWatch(bucket.watch(filter, options), typed),
  };
}

type Item<T> = TypedEntry<T> | TypedMarker | WatchReady;

function typedEntry<T>(entry: Entry, codec: Codec<T>): TypedEntry<T> | TypedMarker {
  const { bucket, key, revision, created, delta, operation } = entry;
  if (operation === "PUT") return new DecodedEntry(entry, codec);
  return Object.freeze({ bucket, key, revision, created, delta, operation, raw: entry });
}

class DecodedEntry<T> implements TypedEntry<T> {
  readonly operation = "PUT";
  readonly bucket: string;
  readonly key: string;
  readonly revision: number;
  readonly created: Date;
  readonly delta: number;
  readonly raw: Entry;
  readonly #codec: Codec<T>;
  #decoded: { readonly value: T } | undefined;

  constructor(entry: Entry, codec: Codec<T>) {
    this.bucket = entry.bucket;
    this.key = entry.key;
    this.revision = entry.revision;
    this.created = entry.created;
    this.delta = entry.delta;
    this.raw = entry;
    this.#codec = codec;
    Object.freeze(this);
  }

  get value(): T {
    this.#decoded ??= { value: decodeEntry(this.raw, this.#codec) };
    return this.#decoded.value;
  }
}

class DecodedWatch<T> implements TypedWatch<T> {
  readonly #watch: Watch;
  readonly #typed: (entry: Entry) => TypedEntry<T> | TypedMarker;

  constructor(watch: Watch, typed: (entry: Entry) => TypedEntry<T> | TypedMarker) {
    this.#watch = watch;
    this.#typed = typed;
  }

  async next(): Promise<IteratorResult<Item<T>, undefined>> {
    const { done, value } = await this.#watch.next();
    if (done) return { done, value: undefined };
    return { done: false, value: value.operation === "READY" ? value : this.#typed(value) };
  }

  async return(): Promise<IteratorResult<Item<T>, undefined>> {
    this.stop();
    return { done: true, value: undefined };
  }

  stop(): void {
    this.#watch.stop();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }
}
