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

  /** When an entry ends, or whether it has, is for lifetime.ts to say; false: nothing here ever ends by itself. */
  get ages(): boolean {
    return this.config.ttlMs > 0 || this.leavesMarkers;
  }

  /** An entry that ends here leaves a marker, so that those who watch learn of it; and may have a life of its own. */
  get leavesMarkers(): boolean {
    return this.config.markerTtlMs > 0;
  }

  notFound(): MachinistError {
    return bucketNotFound(this.name);
  }
}
