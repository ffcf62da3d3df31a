/** Checks of the arguments of a bucket's verbs, before anything is read or written. */
import { MachinistError } from "../lib/errors.ts";
import { largestValueSize } from "./config.ts";
import type { BucketConfig, Value, WatchOptions } from "./store.ts";

/** Which bucket the arguments are for. */
export interface Asked {
  readonly name: string;
  readonly config: BucketConfig;
}

/** The shortest life of an entry, as on NATS. */
const shortestTtlMs = 1000;

/** @throws INVALID_ARGUMENT */
export function checkExpected(expected: number | undefined): void {
  if (expected === undefined || (Number.isSafeInteger(expected) && expected >= 0)) return;
  throw new MachinistError(
    "INVALID_ARGUMENT",
    `expectedRevision is ${expected}, expected 0 (no entry) or a revision`,
  );
}

/** @throws INVALID_ARGUMENT */
export function checkRevision(name: string, revision: number): void {
  if (Number.isSafeInteger(revision) && revision >= 1) return;
  throw new MachinistError("INVALID_ARGUMENT", `${name} is ${revision}, expected a whole number from 1`);
}

/** @throws INVALID_ARGUMENT (neither text nor bytes), VALUE_TOO_LARGE */
export function checkSize(bucket: Asked, value: Value): void {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw new MachinistError("INVALID_ARGUMENT", "a value is text or bytes (Uint8Array)");
  }
  const { maxValueSize } = bucket.config;
  const limit = maxValueSize === -1 ? largestValueSize : maxValueSize;
  const length = typeof value === "string" ? Buffer.byteLength(value) : value.length;
  if (length <= limit) return;
  throw new MachinistError(
    "VALUE_TOO_LARGE",
    `the value has ${length} bytes, bucket ${bucket.name} takes at most ${limit}`,
    { details: { bucket: bucket.name, length, limit } },
  );
}

/** @throws TTL_INVALID, TTL_UNSUPPORTED (the bucket leaves no markers) */
export function checkTtl(bucket: Asked, ttlMs: number): void {
  if (!(Number.isSafeInteger(ttlMs) && ttlMs >= shortestTtlMs)) {
    throw new MachinistError(
      "TTL_INVALID",
      `ttlMs is ${JSON.stringify(ttlMs)}, expected whole milliseconds from ${shortestTtlMs}`,
    );
  }
  if (bucket.config.markerTtlMs === 0)
    throw noTtl(bucket, "it has no markerTtlMs; give it one (`kv edit --marker-ttl`, or editBucket)");
}

export function noTtl(bucket: Asked, reason: string): MachinistError {
  return new MachinistError(
    "TTL_UNSUPPORTED",
    `keys of bucket ${bucket.name} have no ttl of their own: ${reason}`,
    {
      details: { bucket: bucket.name },
    },
  );
}

/** @throws UNSUPPORTED where renewals would push older values out of the history */
export function checkTouchable(bucket: Asked): void {
  const { history } = bucket.config;
  if (history === 1) return;
  throw new MachinistError(
    "UNSUPPORTED",
    `keys of bucket ${bucket.name} cannot be touched: it keeps history ${history}, expected 1; put the value again, ` +
      "or make a bucket with history 1",
    { details: { bucket: bucket.name, history } },
  );
}

/** @throws INVALID_ARGUMENT for options that contradict each other */
export function checkWatchOptions({ includeHistory, updatesOnly, resumeFromRevision }: WatchOptions): void {
  if (includeHistory && updatesOnly) {
    throw new MachinistError(
      "INVALID_ARGUMENT",
      "a watch has either includeHistory or updatesOnly, not both",
    );
  }
  if (
    resumeFromRevision === undefined ||
    (Number.isSafeInteger(resumeFromRevision) && resumeFromRevision >= 0)
  ) {
    return;
  }
  throw new MachinistError(
    "INVALID_ARGUMENT",
    `resumeFromRevision is ${resumeFromRevision}, expected a whole number from 0`,
  );
}

/** As the stock clients of NATS. */
const usualPurgeAgeMs = 1_800_000;

/** @throws INVALID_ARGUMENT */
export function purgeAge(olderThanMs = usualPurgeAgeMs): number {
  if (Number.isFinite(olderThanMs) && olderThanMs >= 0) return olderThanMs;
  throw new MachinistError("INVALID_ARGUMENT", `olderThanMs is ${olderThanMs}, expected milliseconds from 0`);
}
