/** Which buckets there are: made, found, listed and removed. */
import { MachinistError } from "../../../lib/errors.ts";
import { bucketExists, bucketNotFound } from "../../failures.ts";
import type { BucketConfig } from "../../store.ts";
import type { Batch, Operation } from "./batch.ts";
import { BucketIdentity, findBucket } from "./bucket-identity.ts";
import type { Records } from "./environment.ts";
import {
  allBuckets,
  allDestroyed,
  bucketKey,
  bucketNameOf,
  destroyedIdOf,
  destroyedKey,
  expiryRange,
  headRange,
  layoutVersion,
  logRange,
  metaKey,
  stateKey,
  trimKey,
} from "./layout.ts";
import { decodeBucket, decodeMeta, encodeBucket, encodeMeta, encodeState } from "./records.ts";

const sweptAtOnce = 2048;

/** Sorted by name. */
export function allBucketsOf(records: Records): BucketIdentity[] {
  const { records: found } = records.scan(allBuckets, Number.POSITIVE_INFINITY);
  return found.map(({ key, value }) => new BucketIdentity(bucketNameOf(key), decodeBucket(value)));
}

/** @throws UNSUPPORTED for what this engine cannot do */
export function checkSupported(config: BucketConfig): void {
  const { replicas, placement, republish, mirror, sources } = config;
  const asked = Object.entries({ placement, republish, mirror, sources }).filter(([, value]) => value);
  if (replicas === 1 && asked.length === 0) return;
  const names = [...(replicas === 1 ? [] : [`replicas ${replicas}`]), ...asked.map(([name]) => name)];
  throw new MachinistError(
    "UNSUPPORTED",
    `the embedded store has no ${names.join(", ")}: it keeps one copy, on this host; leave it out, or use a store on NATS`,
    { details: { settings: names } },
  );
}

/** @returns the bucket when there is one with this configuration @throws BUCKET_EXISTS when it has another */
export function existing(records: Records, name: string, config: BucketConfig): BucketIdentity | undefined {
  const found = findBucket(records, name);
  const differs = found && bucketExists(name, found.config, config);
  if (differs) throw differs;
  return found;
}

export function createBucket(name: string, config: BucketConfig): Operation<BucketIdentity> {
  return ({ records, now }) => {
    const found = existing(records, name, config);
    if (found) return found;
    const meta = decodeMeta(records.get(metaKey) ?? Buffer.alloc(0));
    const id = meta?.nextBucketId ?? 1;
    const record = { id, created: now, config, edits: 0 };
    records.put(metaKey, encodeMeta({ layout: layoutVersion, nextBucketId: id + 1 }));
    records.put(bucketKey(name), encodeBucket(record));
    records.put(
      stateKey(id),
      encodeState({ lastRevision: 0, values: 0, bytes: 0, lastCreated: 0, edits: 0 }),
    );
    return new BucketIdentity(name, record);
  };
}

/** The bucket is gone with this; its entries are left for sweepDestroyed. @returns its id @throws BUCKET_NOT_FOUND */
export function destroyBucket(name: string): Operation<number> {
  return (batch) => {
    const bucket = findBucket(batch.records, name);
    if (!bucket) throw bucketNotFound(name);
    batch.abandon(bucket.id);
    batch.records.remove(bucketKey(name));
    batch.records.remove(trimKey(name));
    batch.records.remove(stateKey(bucket.id));
    batch.records.put(destroyedKey(bucket.id), Buffer.from([0]));
    return bucket.id;
  };
}

/** Removes a part of what destroyed buckets left. @returns true when there is more */
export function sweepDestroyed({ records }: Batch): boolean {
  const [next] = records.scan(allDestroyed, 1).records;
  if (!next) return false;
  const id = destroyedIdOf(next.key);
  // Damaged or not: a bucket with damaged entries can be destroyed.
  const heads = records.keys(headRange(id), sweptAtOnce);
  const logs = records.keys(logRange(id), sweptAtOnce);
  const ends = records.keys(expiryRange(id), sweptAtOnce);
  for (const key of [...heads, ...logs, ...ends]) records.remove(key);
  if (heads.length + logs.length + ends.length === 0) records.remove(next.key);
  return true;
}
