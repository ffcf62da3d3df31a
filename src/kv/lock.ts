/** A lock in a bucket: one holder at a time, over processes and hosts. */
import { systemClock } from "../lib/clock.ts";
import { claim, tryTake, untilAnswered } from "./lease/claim.ts";
import { claimOn, type LeaseOptions, withLimit } from "./lease/claim-options.ts";
import type { Lease } from "./lease/lease.ts";
import { holderIn, type LeaseHolder } from "./lease/lease-record.ts";
import { validateKey } from "./names.ts";
import type { Bucket } from "./store.ts";

/**
 * Waits until nobody else has the key, and takes it. The lease is renewed by itself until it is released or lost.
 *
 * A bucket with history 1 and a `markerTtlMs` suits best: what a crash leaves ends there by itself. In others who waits takes over
 * after having seen no sign of life for the `ttlMs`. Use the fence where a paused holder could do harm: have what is protected refuse
 * a lower fence than the highest that it has seen. While the store does not answer it keeps trying.
 * @throws TIMEOUT (`waitMs` is over), the signal's reason, INVALID_KEY, INVALID_ARGUMENT, BUCKET_NOT_FOUND
 * @example
 * await using lock = await acquireLock(leases, "deploy", { ttlMs: 10_000, owner: "host1" });
 * lock.isHeld; // => true
 * (await holderOfLock(leases, "deploy"))?.owner; // => "host1"
 */
export async function acquireLock(bucket: Bucket, key: string, options: LeaseOptions = {}): Promise<Lease> {
  validateKey(key);
  const { clock = systemClock } = options;
  return withLimit(options, `key ${key} of bucket ${bucket.name} was not free`, async (signal) => {
    const claiming = () => claimOn(bucket, onlyOf(key), { ...options, signal });
    return claim(await untilAnswered(clock, signal, claiming));
  });
}

/**
 * Takes the key when nobody has it, and does not wait. In a bucket without `markerTtlMs` it cannot tell a dead holder from
 * a living one: there only `acquireLock` takes over.
 * @returns null when somebody has it @throws as acquireLock
 * @example
 * await using mine = await tryLock(leases, "deploy");
 * (await tryLock(leases, "deploy")); // => null
 */
export async function tryLock(
  bucket: Bucket,
  key: string,
  options: LeaseOptions = {},
): Promise<Lease | null> {
  validateKey(key);
  return (await tryTake(key, await claimOn(bucket, onlyOf(key), options))) ?? null;
}

/**
 * Who has the lock.
 * @returns null when nobody has it
 * @example
 * await holderOfLock(leases, "deploy"); // => null
 */
export async function holderOfLock(bucket: Bucket, key: string): Promise<LeaseHolder | null> {
  const entry = await bucket.get(key);
  return (entry && holderIn(entry)) ?? null;
}

function onlyOf(key: string) {
  return { filters: [key], open: () => [key] };
}
