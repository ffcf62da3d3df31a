/** Governors are semaphores of one bucket of the store: all hosts that share the store share them. */
import {
  createSemaphore,
  listSemaphores,
  openSemaphore,
  type Semaphore,
  type SemaphoreStatus,
} from "../kv/semaphore.ts";
import type { Bucket, Store } from "../kv/store.ts";
import { nearestName } from "../lib/did-you-mean.ts";
import { formatDuration } from "../lib/duration.ts";
import { codeOf, MachinistError, messageOf } from "../lib/errors.ts";

export const governorBucketName = "machinist-governors";

/** An ended slot leaves no trace that anybody looks at later. */
const markerTtlMs = 60_000;

/** @throws KEY_NOT_FOUND saying how to make it, or which one was probably meant; INVALID_ARGUMENT; store errors */
export async function openGovernor(store: Store, name: string): Promise<Semaphore> {
  try {
    return await openSemaphore(await store.openBucket(governorBucketName), name);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "BUCKET_NOT_FOUND" || code === "KEY_NOT_FOUND") throw await notFound(store, name, cause);
    throw inItsWords(cause);
  }
}

/** All governors of the store, sorted by name. */
export async function listGovernors(store: Store): Promise<readonly SemaphoreStatus[]> {
  try {
    return await listSemaphores(await store.openBucket(governorBucketName));
  } catch (cause) {
    if (codeOf(cause) === "BUCKET_NOT_FOUND") return [];
    throw cause;
  }
}

export interface GovernorSettings {
  /** Slots. */
  readonly capacity: number;
  /** How long a slot outlives a holder that has vanished; default: 30 s. */
  readonly ttlMs?: number | undefined;
  /** Copies in a NATS cluster of the bucket with all governors, where this call makes it; default: 1. */
  readonly replicas?: number | undefined;
}

/**
 * Makes it, and the bucket with the first one; one that is there gets the capacity.
 * @returns `before`: the capacity that an existing one had
 * @throws ALREADY_EXISTS (with another ttl), INVALID_ARGUMENT, store errors
 */
export async function makeGovernor(
  store: Store,
  name: string,
  { capacity, ttlMs, replicas }: GovernorSettings,
): Promise<{ readonly governor: Semaphore; readonly before: number | undefined }> {
  try {
    const bucket = await bucketFor(store, replicas);
    const found = await findIn(bucket, name);
    if (!found) {
      const settings = ttlMs === undefined ? { capacity } : { capacity, ttlMs };
      return { governor: await createSemaphore(bucket, name, settings), before: undefined };
    }
    const status = await found.status();
    if (ttlMs !== undefined && ttlMs !== status.ttlMs) throw otherTtl(status, ttlMs);
    if (capacity !== status.capacity) await found.resize(capacity);
    return { governor: found, before: status.capacity };
  } catch (cause) {
    throw inItsWords(cause);
  }
}

/**
 * Takes one slot away; what runs in it is stopped when its host next renews it.
 * @param slot from 1
 * @throws as `openGovernor`, and KEY_NOT_FOUND when nobody has that slot
 */
export async function evictHolder(store: Store, name: string, slot: number): Promise<void> {
  const governor = await openGovernor(store, name);
  if (await governor.evict(`${name}.${slot}`)) return;
  throw new MachinistError(
    "KEY_NOT_FOUND",
    `nobody has slot ${slot} of governor ${name}; \`machinist governor view ${name}\` shows which are taken`,
    { details: { governor: name, slot } },
  );
}

async function bucketFor(store: Store, replicas: number | undefined): Promise<Bucket> {
  try {
    return await store.openBucket(governorBucketName);
  } catch (cause) {
    if (codeOf(cause) !== "BUCKET_NOT_FOUND") throw cause;
  }
  const config = {
    description: "governors: how many may work at a time",
    ...(replicas === undefined ? {} : { replicas }),
  };
  try {
    return await store.createBucket(governorBucketName, { ...config, markerTtlMs });
  } catch (cause) {
    if (codeOf(cause) !== "UNSUPPORTED") throw cause;
    // An older server: there who waits notices by itself that a holder has died.
    return store.createBucket(governorBucketName, config);
  }
}

async function findIn(bucket: Bucket, name: string): Promise<Semaphore | undefined> {
  try {
    return await openSemaphore(bucket, name);
  } catch (cause) {
    if (codeOf(cause) === "KEY_NOT_FOUND") return undefined;
    throw cause;
  }
}

async function notFound(store: Store, name: string, cause: unknown): Promise<MachinistError> {
  const known = (await listGovernors(store)).map((governor) => governor.name);
  const meant = nearestName(name, known);
  const hint = meant
    ? `did you mean ${JSON.stringify(meant)}?`
    : `make it with \`machinist governor add ${name} CAPACITY\``;
  return new MachinistError("KEY_NOT_FOUND", `there is no governor ${JSON.stringify(name)}; ${hint}`, {
    cause,
    details: { governor: name },
  });
}

function otherTtl({ name, ttlMs: found }: SemaphoreStatus, asked: number): MachinistError {
  return new MachinistError(
    "ALREADY_EXISTS",
    `governor ${name} exists with a ttl of ${formatDuration(found)}, not ${formatDuration(asked)}; to change it remove it first with \`machinist governor rm ${name}\``,
    { details: { governor: name, ttlMs: found } },
  );
}

/** People know governors only; that they are semaphores with leases is our affair. */
function inItsWords(cause: unknown): unknown {
  if (!(cause instanceof MachinistError) || cause.code !== "INVALID_ARGUMENT") return cause;
  return new MachinistError(cause.code, messageOf(cause).replace(/^(semaphore|lease): /, "governor: "), {
    cause,
    details: cause.details,
  });
}
