/** Which bucket a handle means: fixed from creation to destruction, shared by all handles of a store. */
import type { MachinistError } from "../../../lib/errors.ts";
import { bucketNotFound } from "../../failures.ts";
import type { BucketConfig } from "../../store.ts";
import type { BucketRecord } from "./records.ts";

export class BucketIdentity {
  readonly name: string;
  /** Never used again: a bucket made later under the same name is another one. */
  readonly id: number;
  readonly created: number;
  readonly config: BucketConfig;

  constructor(name: string, record: BucketRecord) {
    this.name = name;
    this.id = record.id;
    this.created = record.created;
    this.config = record.config;
  }

  /** Whether the bucket's ttl has passed for an entry; both in ms since 1970. */
  isExpired(created: number, now: number): boolean {
    return this.config.ttlMs > 0 && created + this.config.ttlMs <= now;
  }

  notFound(): MachinistError {
    return bucketNotFound(this.name);
  }
}
