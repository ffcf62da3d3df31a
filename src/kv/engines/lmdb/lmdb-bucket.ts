/** A handle of one bucket: checks what it is asked, then hands it to the queue of writes or reads at once. */

import { breath } from "../../../lib/breath.ts";
import type { Clock } from "../../../lib/clock.ts";
import { MachinistError } from "../../../lib/errors.ts";
import {
  checkExpected,
  checkRevision,
  checkSize,
  checkTouchable,
  checkTtl,
  purgeAge,
} from "../../arguments.ts";
import { compileFilter, hasWildcards, type KeyFilter, validateKey } from "../../names.ts";
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
import { SnapshotBacklog } from "./backlog.ts";
import type { Operation } from "./batch.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import type { Engine } from "./engine.ts";
import { LogWatch } from "./log-watch.ts";
import { create, mark, put, revert, type Target, touch } from "./operations.ts";
import { type Payload, preparePayload } from "./payload.ts";
import { entryAt, type HeadPage, headPage, isTrimmed, newestEntry, stateOf, type View } from "./reading.ts";
import { deleteMatching, dropMarkers, emptyBucket, type Submit } from "./sweeps.ts";

/** What a handle uses of the store that gave it out. */
export interface Owner {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Ended by the store when it is closed. */
  readonly watches: Set<LogWatch>;
  /** @throws STORE_CLOSED */
  checkOpen(): void;
}

export class LmdbBucket implements Bucket {
  readonly name: string;
  readonly identity: BucketIdentity;
  readonly #owner: Owner;
  readonly #view: View;
  /** The turn of the event loop in which the bucket was last seen to exist. */
  #seenIn = -1;

  constructor(bucket: BucketIdentity, owner: Owner) {
    this.name = bucket.name;
    this.identity = bucket;
    this.#owner = owner;
    const { environment } = owner.engine;
    this.#view = { environment, bucket, now: () => owner.clock.now() };
  }

  async get(key: string, options?: ReadOptions): Promise<Entry | null> {
    const entry = this.#read(key, options?.revision);
    return entry?.operation === "PUT" ? entry : null;
  }

  async entry(key: string, options?: ReadOptions): Promise<Entry | null> {
    return this.#read(key, options?.revision);
  }

  async put(key: string, value: Value, options?: WriteOptions): Promise<number> {
    const target = this.#target(key, options);
    return this.#writeValue(value, (payload) => put(target, payload));
  }

  async create(key: string, value: Value, options?: { ttlMs?: number }): Promise<number> {
    const target = this.#target(key);
    const ttlMs = options?.ttlMs;
    if (ttlMs !== undefined) checkTtl(this.identity, ttlMs);
    return this.#writeValue(value, (payload) => create(target, payload, ttlMs));
  }

  async update(key: string, value: Value, revision: number): Promise<number> {
    validateKey(key);
    checkRevision("revision", revision);
    return this.put(key, value, { expectedRevision: revision });
  }

  async delete(keyOrFilter: string, options?: WriteOptions): Promise<number> {
    this.#owner.checkOpen();
    if (!hasWildcards(String(keyOrFilter)))
      return this.#submit(mark(this.#target(keyOrFilter, options), "DEL"));
    const filter = compileFilter(keyOrFilter);
    if (options?.expectedRevision !== undefined) {
      throw new MachinistError("INVALID_ARGUMENT", "delete with wildcards takes no expectedRevision");
    }
    return deleteMatching((operation) => this.#submit(operation), this.identity, filter);
  }

  async purge(key: string, options?: WriteOptions & { ttlMs?: number }): Promise<number> {
    const target = this.#target(key, options);
    const ttlMs = options?.ttlMs;
    if (ttlMs !== undefined) checkTtl(this.identity, ttlMs);
    return this.#submit(mark(target, "PURGE", ttlMs));
  }

  async touch(key: string, ttlMs: number, options?: WriteOptions): Promise<number> {
    const target = this.#target(key, options);
    checkTtl(this.identity, ttlMs);
    checkTouchable(this.identity);
    return this.#submit(touch(target, ttlMs));
  }

  async revert(key: string, revision: number, options?: WriteOptions): Promise<number> {
    const target = this.#target(key, options);
    checkRevision("revision", revision);
    return this.#submit(revert(target, revision));
  }

  keys(filter: Filter = ">"): AsyncIterable<string> {
    return this.#keys(compileFilter(filter));
  }

  history(filter: Filter = ">", options?: { metaOnly?: boolean }): AsyncIterable<Entry> {
    return this.#history(compileFilter(filter), options?.metaOnly ?? false);
  }

  watch(filter: Filter = ">", options: WatchOptions = {}): Watch {
    this.#owner.checkOpen();
    const { engine, watches } = this.#owner;
    const watch = new LogWatch(this.#view, compileFilter(filter), {
      ...options,
      tailer: engine.tailer,
      ended: (ended) => watches.delete(ended),
    });
    if (!watch.isOver) watches.add(watch);
    return watch;
  }

  async status(): Promise<BucketStatus> {
    this.#owner.checkOpen();
    stateOf(this.#view);
    // Entries that have ended, or are beyond a lower history, count until they are removed.
    if (isTrimmed(this.#view)) await this.#owner.engine.sweep();
    if (this.identity.ages) await this.#owner.engine.expiry.run(this.identity);
    const { values, bytes, lastRevision } = stateOf(this.#view);
    const created = new Date(this.identity.created);
    const { config } = this.identity;
    return {
      ...config,
      bucket: this.name,
      values,
      bytes,
      revision: lastRevision,
      created,
      backingStore: "LMDB",
    };
  }

  async empty(): Promise<void> {
    this.#owner.checkOpen();
    await emptyBucket((operation) => this.#submit(operation), this.identity);
  }

  async purgeDeletes(olderThanMs?: number, options?: { progress?: Progress }): Promise<void> {
    this.#owner.checkOpen();
    const submit: Submit = (operation) => this.#submit(operation);
    await dropMarkers(submit, this.identity, purgeAge(olderThanMs), options?.progress);
  }

  #target(key: string, options?: WriteOptions): Target {
    this.#owner.checkOpen();
    validateKey(key);
    checkExpected(options?.expectedRevision);
    this.#checkExists();
    return { bucket: this.identity, key, expected: options?.expectedRevision };
  }

  #writeValue(value: Value, operation: (payload: Payload) => Operation<number>): Promise<number> {
    checkSize(this.identity, value);
    const payload = preparePayload(value, this.identity.config.compression);
    return this.#submit(operation(payload), payload.stored.length);
  }

  #submit<T>(operation: Operation<T>, bytes = 0): Promise<T> {
    return this.#owner.engine.writes.submit(operation, bytes);
  }

  #read(key: string, revision?: number): Entry | null {
    this.#owner.checkOpen();
    validateKey(key);
    this.#checkExists();
    if (revision === undefined) return newestEntry(this.#view, key);
    checkRevision("revision", revision);
    return entryAt(this.#view, key, revision);
  }

  /**
   * Once per turn of the event loop: entries of a destroyed bucket may still be there for a while. With this the configuration
   * is the newest, too.
   */
  #checkExists(): void {
    const { turn } = this.#view.environment;
    if (this.#seenIn === turn) return;
    stateOf(this.#view);
    this.#seenIn = turn;
  }

  async *#keys(filter: KeyFilter): AsyncGenerator<string> {
    let place: HeadPage["next"];
    do {
      this.#owner.checkOpen();
      stateOf(this.#view);
      const page = headPage(this.#view, filter, place);
      for (const [key, { current }] of page.heads) if (current.operation === "PUT") yield key;
      place = page.next;
      if (place) await breath();
    } while (place);
  }

  async *#history(filter: KeyFilter, metaOnly: boolean): AsyncGenerator<Entry> {
    this.#owner.checkOpen();
    const upTo = stateOf(this.#view).lastRevision;
    const backlog = new SnapshotBacklog(this.#view, filter, {
      wanted: { upTo, newestOnly: false },
      shape: { withDelta: true, metaOnly },
    });
    while (!backlog.done) {
      this.#owner.checkOpen();
      yield* backlog.step();
      if (!backlog.done) await breath();
    }
  }
}
