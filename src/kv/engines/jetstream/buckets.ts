/** The buckets that a store knows: one identity for all handles of a bucket, however often it is opened. */
import type { StreamInfo } from "@nats-io/jetstream";
import { bucketExists, bucketNotFound } from "../../failures.ts";
import type { BucketConfig } from "../../store.ts";
import { apiCodeOf, apiCodes, failure } from "./failures.ts";
import type { Link } from "./link.ts";
import { LiveBucket } from "./live-bucket.ts";
import { checkSupported, streamOf, toStreamConfig } from "./stream-config.ts";

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
    checkSupported(config, this.#link.version);
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
      const info = await this.#link.jsm.streams.add(toStreamConfig(name, config, this.#link.version));
      return this.#identify(name, info);
    } catch (error) {
      // Another process was faster.
      const made = apiCodeOf(error) === apiCodes.streamNameInUse && (await this.#existing(name, config));
      if (made) return made;
      throw failure(error, `making bucket ${name}`);
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
