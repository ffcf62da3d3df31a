/** The writes of leases: with a ttl of the key where the bucket has such, so that what a crash leaves ends by itself. */
import type { Bucket, BucketConfig } from "../store.ts";
import { type LeaseRecord, textOf } from "./lease-record.ts";

export class LeaseWrites {
  readonly #bucket: Bucket;
  readonly #hasTtl: boolean;

  constructor(bucket: Bucket, { history, markerTtlMs }: BucketConfig) {
    this.#bucket = bucket;
    this.#hasTtl = history === 1 && markerTtlMs > 0;
  }

  /** @throws KEY_EXISTS */
  take(key: string, record: LeaseRecord): Promise<number> {
    const { ttlMs } = record;
    return this.#bucket.create(key, textOf(record), this.#hasTtl ? { ttlMs } : {});
  }

  /** From a holder that was not seen for the whole of its ttl. @throws WRONG_REVISION */
  takeOver(key: string, record: LeaseRecord, revision: number): Promise<number> {
    return this.#bucket.update(key, textOf(record), revision);
  }

  /** @throws WRONG_REVISION, KEY_NOT_FOUND */
  renew(key: string, record: LeaseRecord, revision: number): Promise<number> {
    if (!this.#hasTtl) return this.#bucket.update(key, textOf(record), revision);
    return this.#bucket.touch(key, record.ttlMs, { expectedRevision: revision });
  }
}
