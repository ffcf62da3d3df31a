/** Failures that every engine tells in the same words. */
import { isDeepStrictEqual } from "node:util";
import { MachinistError } from "../lib/errors.ts";
import type { BucketConfig } from "./store.ts";

/** The bucket that failed. */
interface Named {
  readonly name: string;
  readonly config: BucketConfig;
}

export function bucketNotFound(name: string): MachinistError {
  return new MachinistError(
    "BUCKET_NOT_FOUND",
    `there is no bucket ${JSON.stringify(name)} (it was never made, or was removed): make it with \`machinist kv add ${name}\``,
    { details: { bucket: name } },
  );
}

/** @param found what the bucket is @param asked what it was to be made as; undefined when the two are equal */
export function bucketExists(
  name: string,
  found: BucketConfig,
  asked: BucketConfig,
): MachinistError | undefined {
  const settingsFound: Readonly<Record<string, unknown>> = { ...found };
  const settingsAsked: Readonly<Record<string, unknown>> = { ...asked };
  const differing = [...new Set([...Object.keys(settingsAsked), ...Object.keys(settingsFound)])].filter(
    (field) => !isDeepStrictEqual(settingsAsked[field], settingsFound[field]),
  );
  if (differing.length === 0) return undefined;
  return new MachinistError(
    "BUCKET_EXISTS",
    `bucket ${name} exists with other settings (${differing.join(", ")}): open it as it is, or destroy it first`,
    { details: { bucket: name, differing } },
  );
}

export function keyExists(bucket: Named, key: string, revision: number): MachinistError {
  return new MachinistError(
    "KEY_EXISTS",
    `key ${key} of bucket ${bucket.name} exists at revision ${revision}: update it, or delete it first`,
    { details: { bucket: bucket.name, key, revision } },
  );
}

/** @param actual 0: the key has no entry; undefined: the store did not say */
export function wrongRevision(
  bucket: Named,
  key: string,
  expected: number,
  actual: number | undefined,
): MachinistError {
  const other = actual === undefined ? "is at another revision" : `is at revision ${actual}`;
  return new MachinistError(
    "WRONG_REVISION",
    `key ${key} of bucket ${bucket.name} ${actual === 0 ? "has no entry" : other}, expected revision ${expected}: ` +
      "read it again and decide anew",
    { details: { bucket: bucket.name, key, expected, ...(actual === undefined ? {} : { actual }) } },
  );
}

export function noValueAt(bucket: Named, key: string, revision: number): MachinistError {
  return new MachinistError(
    "KEY_NOT_FOUND",
    `key ${key} of bucket ${bucket.name} has no value at revision ${revision}: it keeps ${bucket.config.history} ` +
      "of its newest entries, see its history",
    { details: { bucket: bucket.name, key, revision } },
  );
}

/** Of a touch that comes too late. */
export function noLiveValue(bucket: Named, key: string): MachinistError {
  return new MachinistError(
    "KEY_NOT_FOUND",
    `key ${key} of bucket ${bucket.name} has no value to keep: it was deleted, has expired or never was; create it`,
    { details: { bucket: bucket.name, key } },
  );
}

export function storeClosed(): MachinistError {
  return new MachinistError("STORE_CLOSED", "the store is closed: open it again");
}
