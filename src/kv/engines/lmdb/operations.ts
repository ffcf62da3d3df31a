/** The verbs that write, as operations on a batch: check against what is stored, then append. */
import { keyExists, noLiveValue, noValueAt, wrongRevision } from "../../failures.ts";
import type { Operation } from "./batch.ts";
import type { BucketChanges } from "./bucket-changes.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import { isExpired } from "./lifetime.ts";
import { emptyPayload, type Payload, unpacked } from "./payload.ts";
import { decodeLog, type Head } from "./records.ts";

/** What an operation writes to. */
export interface Target {
  readonly bucket: BucketIdentity;
  readonly key: string;
  /** Of the key's newest entry; 0: none; undefined: whatever it is. */
  readonly expected?: number | undefined;
}

export function put(target: Target, payload: Payload): Operation<number> {
  return (batch) => {
    const changes = batch.bucket(target.bucket);
    checkRevision(target, headFor(target, changes));
    return changes.append(target.key, "PUT", payload);
  };
}

export function create(
  { bucket, key }: Target,
  payload: Payload,
  ttlMs: number | undefined,
): Operation<number> {
  return (batch) => {
    const changes = batch.bucket(bucket);
    const current = changes.certainHead(key)?.current;
    if (current?.operation === "PUT") {
      throw keyExists(bucket, key, current.revision);
    }
    return changes.append(key, "PUT", payload, ttlMs);
  };
}

/** Appends a marker: DEL keeps the older entries, PURGE drops them. */
export function mark(target: Target, marker: "DEL" | "PURGE", ttlMs?: number): Operation<number> {
  return (batch) => {
    const changes = batch.bucket(target.bucket);
    checkRevision(target, headFor(target, changes));
    return changes.append(target.key, marker, emptyPayload, ttlMs);
  };
}

/** Puts the value of an older revision again. */
export function revert(target: Target, revision: number): Operation<number> {
  return (batch) => {
    const { bucket, key } = target;
    const changes = batch.bucket(bucket);
    const head = changes.certainHead(key);
    checkRevision(target, head);
    const bytes = changes.logRecord(revision);
    const record = bytes && decodeLog(bytes);
    if (record?.key !== key || record.operation !== "PUT" || isExpired(changes.bucket, record, batch.now)) {
      throw noValueAt(bucket, key, revision);
    }
    const { stored, compressed } = record;
    return changes.append(key, "PUT", { stored, compressed, value: unpacked(record, bucket.name, revision) });
  };
}

/** Puts the newest value again, with a life that begins now. */
export function touch(target: Target, ttlMs: number): Operation<number> {
  return (batch) => {
    const { bucket, key } = target;
    const changes = batch.bucket(bucket);
    const head = changes.certainHead(key);
    checkRevision(target, head);
    const { revision = 0, operation } = head?.current ?? {};
    const bytes = operation === "PUT" && changes.logRecord(revision);
    if (!bytes) throw noLiveValue(bucket, key);
    const record = decodeLog(bytes);
    const { stored, compressed } = record;
    return changes.append(
      key,
      "PUT",
      { stored, compressed, value: unpacked(record, bucket.name, revision) },
      ttlMs,
    );
  };
}

function headFor({ key, expected }: Target, changes: BucketChanges): Head | undefined {
  return expected === undefined ? changes.head(key) : changes.certainHead(key);
}

function checkRevision({ bucket, key, expected }: Target, head: Head | undefined): void {
  const actual = head?.current.revision ?? 0;
  if (expected === undefined || expected === actual) return;
  throw wrongRevision(bucket, key, expected, actual);
}
