/** The buckets that a store knows: one identity for all handles of a bucket, however often it is opened. */
import type { StreamInfo } from "@nats-io/jetstream";
import { sleep } from "../../../lib/clock.ts";
import { bucketExists, bucketNotFound } from "../../failures.ts";
import type { BucketConfig } from "../../store.ts";
import { apiCodeOf, apiCodes, failure } from "./failures.ts";
import type { Link } from "./link.ts";
import { LiveBucket } from "./live-bucket.ts";
import { checkSupported, streamOf, toStreamConfig } from "./stream-config.ts";

/**
 * The server removes files of a stream after it has answered. One that is made again at once under the same name fails, or
 * goes on with the old revisions: on 2.15.1 every second one, after 5 ms one in 200, after 50 ms none in 100.
 */
export const removalMs = 50;

export class Buckets {
  readonly #link: Link;
  readonly #known = new Map<string, LiveBucket>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** @throws BUCKET_NOT_FOUND */
  async open(name: string): Promise<LiveBucket> {
    const found = await this.find(name);
    if (!found) throw bucketNotFound(name);
    return found;
  }

  async find(name: string): Promise<LiveBucket | undefined> {
    try {
      await this.#link.ready();
      return this.#identify(name, await this.#link.jsm.streams.info(streamOf(name)));
    } catch (error) {
      if (apiCodeOf(error) !== apiCodes.streamNotFound) throw failure(error, `looking for bucket ${name}`);
      this.#known.get(name)?.vanish();
      this.#known.delete(name);
      return undefined;
    }
  }

  /** @throws BUCKET_EXISTS (other config), UNSUPPORTED */
  async create(name: string, config: BucketConfig): Promise<LiveBucket> {
    checkSupported(name, config, this.#link.version);
    return (await this.#existing(name, config)) ?? (await this.#make(name, config));
  }

  /** Something happened to a stream, says the server. */
  hint(stream: string): void {
    for (const bucket of this.#known.values()) if (bucket.stream === stream) bucket.check();
  }

  checkAll(): void {
    for (const bucket of this.#known.values()) bucket.check();
  }

  forget(bucket: LiveBucket): void {
    bucket.vanish();
    if (this.#known.get(bucket.name) === bucket) this.#known.delete(bucket.name);
  }

  async #make(name: string, config: BucketConfig): Promise<LiveBucket> {
    try {
      return this.#identify(name, await this.#addStream(name, config));
    } catch (error) {
      // Another process was faster.
      const made = apiCodeOf(error) === apiCodes.streamNameInUse && (await this.#existing(name, config));
      if (made) return made;
      throw failure(error, `making bucket ${name}`);
    }
  }

  async #addStream(name: string, config: BucketConfig): Promise<StreamInfo> {
    const stream = toStreamConfig(name, config, this.#link.version);
    try {
      return await this.#link.jsm.streams.add(stream);
    } catch (error) {
      if (apiCodeOf(error) !== apiCodes.streamStoreFailed) throw error;
      // Files of a bucket of this name are just being removed.
      await sleep(this.#link.clock, removalMs);
      return this.#link.jsm.streams.add(stream);
    }
  }

  async #existing(name: string, config: BucketConfig): Promise<LiveBucket | undefined> {
    const found = await this.find(name);
    const differs = found && bucketExists(name, found.config, config);
    if (differs) throw differs;
    return found;
  }

  #identify(name: string, info: StreamInfo): LiveBucket {
    const known = this.#known.get(name);
    if (known?.isOf(info)) return known;
    known?.vanish();
    const bucket = new LiveBucket(name, info, this.#link);
    this.#known.set(name, bucket);
    return bucket;
  }
}
