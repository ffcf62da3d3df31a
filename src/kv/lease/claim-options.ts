/** What callers may ask of a lease, checked against the bucket. */
import { hostname } from "node:os";
import { type Clock, sleep, systemClock } from "../../lib/clock.ts";
import { MachinistError } from "../../lib/errors.ts";
import type { Bucket, BucketStatus } from "../store.ts";
import type { ClaimOptions } from "./claim.ts";
import { LeaseWrites } from "./lease-writes.ts";

export interface LeaseOptions {
  /** How long it outlives a holder that has vanished, in ms from 1000; default 30 s. Renewed each third of it. */
  readonly ttlMs?: number;
  /** For people. Default: host and process. */
  readonly owner?: string;
  /** Gives up waiting, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Gives up waiting after so many ms, with TIMEOUT; default: never. */
  readonly waitMs?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
}

const shortestLeaseMs = 1000;
export const usualLeaseMs = 30_000;

/** Checks what was asked against what the bucket is. */
export async function claimOn(
  bucket: Bucket,
  what: Pick<ClaimOptions, "filters" | "open">,
  options: LeaseOptions,
): Promise<ClaimOptions> {
  const { ttlMs = usualLeaseMs, clock = systemClock } = options;
  const { owner = `${hostname()}:${process.pid}`, signal = new AbortController().signal } = options;
  const status = await bucket.status();
  checkTtl(status, ttlMs);
  return { bucket, writes: new LeaseWrites(bucket, status), clock, owner, ttlMs, signal, ...what };
}

/** Runs with a signal that is also aborted after `waitMs`. */
export async function withLimit<Result>(
  { signal, waitMs, clock = systemClock }: LeaseOptions,
  late: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const done = new AbortController();
  if (waitMs !== undefined) {
    const over = (): void => limit.abort(new MachinistError("TIMEOUT", `${late} within ${waitMs} ms`));
    sleep(clock, waitMs, done.signal).then(over, () => undefined);
  }
  try {
    return await work(signal ? AbortSignal.any([signal, limit.signal]) : limit.signal);
  } finally {
    done.abort();
  }
}

/** @throws INVALID_ARGUMENT */
export function checkTtl(bucket: BucketStatus, ttlMs: number): void {
  const fault = faultOf(bucket, ttlMs);
  if (fault) throw new MachinistError("INVALID_ARGUMENT", `lease: ${fault}`);
}

function faultOf({ bucket, ttlMs: keptMs }: BucketStatus, ttlMs: number): string | undefined {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < shortestLeaseMs)
    return `ttlMs is ${ttlMs}, expected whole milliseconds from ${shortestLeaseMs}`;
  if (keptMs === 0 || keptMs >= ttlMs) return undefined;
  return `bucket ${bucket} keeps nothing longer than ${keptMs} ms, ttlMs is ${ttlMs}: use a shorter one, or another bucket`;
}
