/**
 * Changes a bucket that exists. A lower history holds with the commit: readers see no more of a key than it allows, while
 * the entries beyond it are removed page by page, by whoever opens the store next if need be.
 */
import { editOf } from "../../edit.ts";
import { bucketNotFound } from "../../failures.ts";
import type { BucketConfig } from "../../store.ts";
import type { Batch, Operation } from "./batch.ts";
import { BucketIdentity, findBucket } from "./bucket-identity.ts";
import {
  allTrims,
  bucketKey,
  bucketNameOf,
  headRange,
  keyOfHead,
  layoutVersion,
  metaKey,
  trimKey,
} from "./layout.ts";
import { decodeMeta, decodeTrim, encodeBucket, encodeMeta, encodeTrim } from "./records.ts";
import { checkSupported } from "./registry.ts";

const trimmedAtOnce = 512;

/** @throws BUCKET_NOT_FOUND, INVALID_CONFIG, UNSUPPORTED */
export function editBucket(name: string, asked: Partial<BucketConfig>): Operation<BucketIdentity> {
  return (batch) => {
    const { records } = batch;
    const found = findBucket(records, name);
    if (!found) throw bucketNotFound(name);
    const { config, changed } = editOf(name, found.config, asked);
    checkSupported(config);
    if (Object.keys(changed).length === 0) return found;
    // Else a higher history would show again what a lower one has hidden.
    while (records.get(trimKey(name))) trimPage(batch, found);
    const { id, created } = found;
    const record = { id, created, config, edits: found.edits + 1 };
    const edited = new BucketIdentity(name, record);
    const meta = decodeMeta(records.get(metaKey) ?? Buffer.alloc(0));
    if (meta) records.put(metaKey, encodeMeta({ ...meta, layout: layoutVersion }));
    records.put(bucketKey(name), encodeBucket(record));
    if (config.history < found.config.history) records.put(trimKey(name), encodeTrim(""));
    batch.bucket(found).edit(edited);
    return edited;
  };
}

/** Removes a part of what is beyond the history of buckets that got a lower one. @returns true when there is more */
export function sweepTrims(batch: Batch): boolean {
  const [next] = batch.records.scan(allTrims, 1).records;
  const bucket = next && findBucket(batch.records, bucketNameOf(next.key));
  if (!bucket) return false;
  trimPage(batch, bucket);
  return true;
}

function trimPage(batch: Batch, bucket: BucketIdentity): void {
  const { records } = batch;
  const changes = batch.bucket(bucket);
  changes.flush();
  const place = records.get(trimKey(bucket.name));
  const after = place && decodeTrim(place);
  const page = records.scan(headRange(bucket.id, "", after || undefined), trimmedAtOnce);
  let last = "";
  for (const { key } of page.records) {
    last = keyOfHead(key);
    changes.head(last);
  }
  if (page.last) records.remove(trimKey(bucket.name));
  else records.put(trimKey(bucket.name), encodeTrim(last));
}
