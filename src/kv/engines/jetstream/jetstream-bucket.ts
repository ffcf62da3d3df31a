/** A handle of one bucket: checks what it is asked, then hands it to the server. */
import { MachinistError } from "../../../lib/errors.ts";
import { checkExpected, checkRevision, checkSize, checkTouchable, purgeAge } from "../../arguments.ts";
import { keyExists, noValueAt, wrongRevision } from "../../failures.ts";
import { hasWildcards, validateKey } from "../../names.ts";
import type {
  Bucket,
  BucketStatus,
  Entry,
  Filter,
  Progress,
  ReadOptions,
  Value,
  Watch,
  WatchOptions,
  WriteOptions,
} from "../../store.ts";
import type { Link } from "./link.ts";
import type { LiveBucket } from "./live-bucket.ts";
import { givenTtl } from "./message-ttl.ts";
import { counted, readEntries, readEntry } from "./reading.ts";
import { type ServerFilter, serverFilter } from "./server-filter.ts";
import { statusOf } from "./status.ts";
import { StreamWatch } from "./stream-watch.ts";
import { checkSweepable, deleteMatching, dropMarkers, emptyBucket } from "./sweeps.ts";
import { touch } from "./touching.ts";
import { bytesOf, type WriteRequest, write } from "./writing.ts";

/** What a handle uses of the store that gave it out. */
export interface Owner {
  readonly link: Link;
  /** Ended by the store when it is closed. */
  readonly watches: Set<StreamWatch>;
  /** @throws STORE_CLOSED */
  checkOpen(): void;
}

const nothing = new Uint8Array(0);

export class JetStreamBucket implements Bucket {
  readonly name: string;
  readonly #bucket: LiveBucket;
  readonly #owner: Owner;
  readonly #link: Link;

  constructor(bucket: LiveBucket, owner: Owner) {
    this.name = bucket.name;
    this.#bucket = bucket;
    this.#owner = owner;
    this.#link = owner.link;
  }

  async get(key: string, options?: ReadOptions): Promise<Entry | null> {
    const entry = await this.entry(key, options);
    return entry?.operation === "PUT" ? entry : null;
  }

  async entry(key: string, options?: ReadOptions): Promise<Entry | null> {
    this.#check(key);
    if (options?.revision !== undefined) checkRevision("revision", options.revision);
    return readEntry(this.#link, this.#bucket, key, options);
  }

  async put(key: string, value: Value, options?: WriteOptions): Promise<number> {
    this.#checkWrite(key, options);
    return this.#put(key, value, { expected: options?.expectedRevision });
  }

  async create(key: string, value: Value, options?: { ttlMs?: number }): Promise<number> {
    this.#checkWrite(key);
    const ttlMs = this.#ttl(options);
    checkSize(this.#bucket, value);
    const bytes = bytesOf(value);
    let expected = 0;
    for (;;) {
      try {
        return await this.#put(key, bytes, { expected, ttlMs });
      } catch (error) {
        if (!(error instanceof MachinistError && error.code === "WRONG_REVISION")) throw error;
        const newest = await readEntry(this.#link, this.#bucket, key);
        if (newest?.operation === "PUT") throw keyExists(this.#bucket, key, newest.revision);
        // A marker; or the key was written and removed meanwhile, which is worth another look.
        expected = newest?.revision ?? 0;
      }
    }
  }

  async update(key: string, value: Value, revision: number): Promise<number> {
    this.#checkWrite(key);
    checkRevision("revision", revision);
    return this.#put(key, value, { expected: revision });
  }

  async delete(keyOrFilter: string, options?: WriteOptions): Promise<number> {
    if (!hasWildcards(String(keyOrFilter))) return this.#mark("DEL", keyOrFilter, options);
    this.#owner.checkOpen();
    const filter = this.#filter(keyOrFilter);
    if (options?.expectedRevision !== undefined) {
      throw new MachinistError("INVALID_ARGUMENT", "delete with wildcards takes no expectedRevision");
    }
    this.#bucket.checkWritable();
    return deleteMatching(await this.#newest(filter), (key) => this.#mark("DEL", key));
  }

  async purge(key: string, options?: WriteOptions & { ttlMs?: number }): Promise<number> {
    this.#checkWrite(key, options);
    return this.#mark("PURGE", key, options, this.#ttl(options));
  }

  async touch(key: string, ttlMs: number, options?: WriteOptions): Promise<number> {
    this.#checkWrite(key, options);
    const given = givenTtl(this.#bucket, ttlMs);
    checkTouchable(this.#bucket);
    return touch(this.#link, this.#bucket, { key, ttlMs: given, expected: options?.expectedRevision });
  }

  async revert(key: string, revision: number, options?: WriteOptions): Promise<number> {
    this.#checkWrite(key, options);
    checkRevision("revision", revision);
    const old = await readEntry(this.#link, this.#bucket, key, { revision });
    if (old?.operation !== "PUT") {
      await this.#checkNewest(key, options?.expectedRevision);
      throw noValueAt(this.#bucket, key, revision);
    }
    return this.#put(key, old.value, { expected: options?.expectedRevision });
  }

  keys(filter: Filter = ">"): AsyncIterable<string> {
    return this.#keys(this.#filter(filter));
  }

  history(filter: Filter = ">", options?: { metaOnly?: boolean }): AsyncIterable<Entry> {
    return this.#history(this.#filter(filter), options?.metaOnly ?? false);
  }

  watch(filter: Filter = ">", options: WatchOptions = {}): Watch {
    this.#owner.checkOpen();
    const compiled = this.#filter(filter);
    const watch = this.#started(new StreamWatch(this.#link, this.#bucket, compiled, this.#ending(options)));
    void this.#bucket.gate.hold(() => watch.begun);
    return watch;
  }

  async status(): Promise<BucketStatus> {
    this.#owner.checkOpen();
    return statusOf(this.name, await this.#bucket.look(), this.#link.version);
  }

  async empty(): Promise<void> {
    this.#owner.checkOpen();
    await emptyBucket(this.#link, this.#bucket);
  }

  async purgeDeletes(olderThanMs?: number, options?: { progress?: Progress }): Promise<void> {
    this.#owner.checkOpen();
    checkSweepable(this.#bucket);
    const what = { olderThanMs: purgeAge(olderThanMs), progress: options?.progress };
    await dropMarkers(this.#link, this.#bucket, await this.#newest(this.#filter(">")), what);
  }

  async #put(key: string, value: Value, options: Pick<WriteRequest, "expected" | "ttlMs">): Promise<number> {
    checkSize(this.#bucket, value);
    return write(this.#link, this.#bucket, { key, operation: "PUT", value: bytesOf(value), ...options });
  }

  async #mark(
    operation: "DEL" | "PURGE",
    key: string,
    options?: WriteOptions,
    ttlMs?: number,
  ): Promise<number> {
    this.#checkWrite(key, options);
    const expected = options?.expectedRevision;
    return write(this.#link, this.#bucket, { key, operation, value: nothing, expected, ttlMs });
  }

  /** What a write would say. @throws WRONG_REVISION */
  async #checkNewest(key: string, expected: number | undefined): Promise<void> {
    if (expected === undefined) return;
    const actual = (await readEntry(this.#link, this.#bucket, key))?.revision ?? 0;
    if (actual !== expected) throw wrongRevision(this.#bucket, key, expected, actual);
  }

  #ttl(options?: { ttlMs?: number }): number | undefined {
    return options?.ttlMs === undefined ? undefined : givenTtl(this.#bucket, options.ttlMs);
  }

  #check(key: string): void {
    this.#owner.checkOpen();
    validateKey(key);
    this.#bucket.checkThere();
  }

  #checkWrite(key: string, options?: WriteOptions): void {
    this.#check(key);
    checkExpected(options?.expectedRevision);
    this.#bucket.checkWritable();
  }

  #filter(filter: Filter): ServerFilter {
    return serverFilter(filter, this.#link.version);
  }

  async *#keys(filter: ServerFilter): AsyncGenerator<string> {
    const newest = await this.#newest(filter);
    yield* newest.flatMap(({ key, operation }) => (operation === "PUT" ? [key] : [])).sort();
  }

  /** The newest entry of each key, without values. One that is written meanwhile comes a second time. */
  async #newest(filter: ServerFilter): Promise<Entry[]> {
    const newest = new Map<string, Entry>();
    for await (const entry of this.#read(filter, { metaOnly: true })) newest.set(entry.key, entry);
    return [...newest.values()];
  }

  async *#history(filter: ServerFilter, metaOnly: boolean): AsyncGenerator<Entry> {
    const entries = this.#read(filter, { includeHistory: true, metaOnly });
    if (filter.exact) yield* entries;
    else yield* counted(entries);
  }

  async *#read(filter: ServerFilter, options: WatchOptions): AsyncGenerator<Entry> {
    this.#owner.checkOpen();
    this.#bucket.checkThere();
    yield* readEntries(this.#link, this.#bucket, filter, this.#ending(options), (watch) =>
      this.#started(watch),
    );
  }

  #ending(options: WatchOptions) {
    return { ...options, ended: (watch: StreamWatch) => this.#owner.watches.delete(watch) };
  }

  #started(watch: StreamWatch): StreamWatch {
    if (!watch.isOver) this.#owner.watches.add(watch);
    return watch;
  }
}
