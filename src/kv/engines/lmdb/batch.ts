/** One write transaction as the operations in it see it: the buckets they touch, and the records below. */
import { BucketChanges } from "./bucket-changes.ts";
import { type BucketIdentity, findBucket } from "./bucket-identity.ts";
import type { WritableRecords } from "./environment.ts";
import { stateKey } from "./layout.ts";
import { decodeState } from "./records.ts";

/** Checks first, changes then: when it throws, it has changed nothing. */
export type Operation<T> = (batch: Batch) => T;

export class Batch {
  readonly records: WritableRecords;
  readonly now: number;
  /** Ids of the buckets that this batch destroyed. */
  readonly destroyed: number[] = [];
  readonly #buckets = new Map<number, BucketChanges>();
  readonly #writtenBefore: number;

  constructor(records: WritableRecords, now: number) {
    this.records = records;
    this.now = now;
    this.#writtenBefore = records.written;
  }

  /** False when every operation found nothing to do. Asked after `flush`, before the next batch. */
  get hasWritten(): boolean {
    return this.records.written > this.#writtenBefore;
  }

  /** @throws BUCKET_NOT_FOUND when it was destroyed */
  bucket(bucket: BucketIdentity): BucketChanges {
    const known = this.#buckets.get(bucket.id);
    if (known) return known;
    const bytes = this.records.get(stateKey(bucket.id));
    if (!bytes) throw bucket.notFound();
    const state = decodeState(bytes);
    const changes = new BucketChanges(this.#asItIs(bucket, state.edits), state, this);
    this.#buckets.set(bucket.id, changes);
    return changes;
  }

  /** With the configuration of this transaction, which only the commit makes that of the handle. */
  #asItIs(bucket: BucketIdentity, edits: number): BucketIdentity {
    return edits === bucket.edits ? bucket : (findBucket(this.records, bucket.name) ?? bucket);
  }

  /** For the operation that removes a bucket: what was written to it earlier in this batch must not bring it back. */
  abandon(id: number): void {
    this.#buckets.delete(id);
    this.destroyed.push(id);
  }

  /** Writes what is kept in memory. */
  flush(): void {
    for (const changes of this.#buckets.values()) changes.flush();
  }

  /** The buckets that were touched. */
  changes(): readonly BucketChanges[] {
    return [...this.#buckets.values()];
  }
}
