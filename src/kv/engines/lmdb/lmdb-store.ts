/** The store of one caller: its handles, its watches, its end. */

import { breath } from "../../../lib/breath.ts";
import type { Clock } from "../../../lib/clock.ts";
import { MachinistError } from "../../../lib/errors.ts";
import { checkBucketConfig } from "../../config.ts";
import { bucketNotFound, storeClosed } from "../../failures.ts";
import { validateBucketName } from "../../names.ts";
import type { Bucket, BucketConfig, BucketStatus, Store } from "../../store.ts";
import { type BucketIdentity, findBucket } from "./bucket-identity.ts";
import { editBucket } from "./editing.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { LmdbBucket } from "./lmdb-bucket.ts";
import type { LogWatch } from "./log-watch.ts";
import { allBucketsOf, checkSupported, createBucket, destroyBucket, existing } from "./registry.ts";
import { acquireEngine, releaseEngine } from "./shared-engines.ts";

/** Opens the store in a directory, which is made when it is missing. @throws as Engine.open */
export async function openLmdbStore(directory: string, options: EngineOptions): Promise<Store> {
  return new LmdbStore(await acquireEngine(directory, options), options.clock);
}

class LmdbStore implements Store {
  readonly messages = undefined;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #watches = new Set<LogWatch>();
  /** Ends each wait for a bucket, because the store closes. */
  readonly #waiting = new Set<() => void>();
  /** By name, the handle that was given out last: requests open the same bucket again and again. */
  readonly #opened = new Map<string, LmdbBucket>();
  #closed: Promise<void> | undefined;

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async createBucket(name: string, config?: Partial<BucketConfig>): Promise<Bucket> {
    this.#checkOpen();
    validateBucketName(name);
    const full = checkBucketConfig(config);
    checkSupported(full);
    const { environment, writes } = this.#engine;
    const found = existing(environment.fresh(), name, full);
    return this.#handle(found ?? (await writes.submit(createBucket(name, full))));
  }

  async editBucket(name: string, changes: Partial<BucketConfig>): Promise<BucketStatus> {
    this.#checkOpen();
    validateBucketName(name);
    const bucket = await this.#engine.writes.submit(editBucket(name, changes));
    this.#engine.expiry.changed(bucket);
    // With the next turn of the event loop all handles of this process look anew.
    await breath();
    return this.#handle(bucket).status();
  }

  async openBucket(name: string): Promise<Bucket> {
    this.#checkOpen();
    validateBucketName(name);
    const known = this.#opened.get(name);
    const found = findBucket(this.#engine.environment.fresh(), name, known?.identity);
    if (known && found === known.identity) return known;
    this.#opened.delete(name);
    if (!found) throw bucketNotFound(name);
    const handle = this.#handle(found);
    this.#opened.set(name, handle);
    return handle;
  }

  async whenBucketExists(name: string, signal: AbortSignal): Promise<void> {
    this.#checkOpen();
    validateBucketName(name);
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (findBucket(this.#engine.environment.fresh(), name)) end(resolve);
      };
      const cancel = (): void => end(() => reject(signal.reason as Error));
      const end = (tell: () => void): void => {
        undo();
        this.#waiting.delete(refuse);
        signal.removeEventListener("abort", cancel);
        tell();
      };
      const refuse = (): void => end(() => reject(storeClosed()));
      const undo = this.#engine.tailer.expect(look);
      this.#waiting.add(refuse);
      signal.addEventListener("abort", cancel);
      look();
    });
  }

  async listBuckets(): Promise<BucketStatus[]> {
    this.#checkOpen();
    const buckets = allBucketsOf(this.#engine.environment.fresh());
    const statuses = await Promise.all(buckets.map((bucket) => this.#statusIfAny(bucket)));
    return statuses.filter((status) => status !== undefined);
  }

  async destroyBucket(name: string): Promise<void> {
    this.#checkOpen();
    validateBucketName(name);
    await this.#engine.writes.submit(destroyBucket(name));
    void this.#engine.sweep();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const refuse of [...this.#waiting]) refuse();
    for (const watch of [...this.#watches]) watch.finish(storeClosed());
    await releaseEngine(this.#engine);
  }

  #handle(bucket: BucketIdentity): LmdbBucket {
    bucket.changed = () => this.#engine.expiry.changed(bucket);
    this.#engine.expiry.follow(bucket);
    return new LmdbBucket(bucket, {
      engine: this.#engine,
      clock: this.#clock,
      watches: this.#watches,
      checkOpen: () => this.#checkOpen(),
    });
  }

  async #statusIfAny(bucket: BucketIdentity): Promise<BucketStatus | undefined> {
    try {
      return await this.#handle(bucket).status();
    } catch (error) {
      // Destroyed since the list was read.
      if (error instanceof MachinistError && error.code === "BUCKET_NOT_FOUND") return undefined;
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw storeClosed();
  }
}
