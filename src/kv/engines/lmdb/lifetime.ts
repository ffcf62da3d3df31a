/** How long entries live. Knows the rules only: who removes what has ended is in sweeps.ts and expiry.ts. */
import type { BucketConfig } from "../../store.ts";
import type { BucketIdentity } from "./bucket-identity.ts";

/** What a record has room for: the year 10889. */
const lastDeadline = 2 ** 48 - 1;

/** What is known of an entry's life: when it came, and its deadline as it is stored; both in ms since 1970. */
export interface Lifetime {
  readonly created: number;
  readonly deadline: number;
}

/**
 * The deadline to store with a new entry, 0 for none: after its own ttl or its bucket's, whichever is shorter. In a bucket
 * that leaves no markers always 0: there all entries live equally long.
 */
export function deadlineOf(config: BucketConfig, created: number, ttlMs: number | undefined): number {
  if (config.markerTtlMs === 0) return 0;
  const own = ttlMs === undefined ? Number.POSITIVE_INFINITY : ownLife(config, ttlMs);
  const life = config.ttlMs > 0 ? Math.min(own, config.ttlMs) : own;
  return life === Number.POSITIVE_INFINITY ? 0 : Math.min(created + life, lastDeadline);
}

/** The life that an entry was given by itself, in ms; undefined: none, or none that is shorter than its bucket's. */
export function ownTtlOf(config: BucketConfig, { created, deadline }: Lifetime): number | undefined {
  const life = deadline - created;
  return deadline === 0 || life === config.ttlMs ? undefined : life;
}

/** Whether an entry has ended: from then on nobody sees it, removed or not. */
export function isExpired({ config }: BucketIdentity, { created, deadline }: Lifetime, now: number): boolean {
  if (deadline > 0) return deadline <= now;
  return config.markerTtlMs === 0 && config.ttlMs > 0 && created + config.ttlMs <= now;
}

/** As on NATS: where older entries are kept, no life is shorter than that of the marker which tells of its end. */
function ownLife({ history, markerTtlMs }: BucketConfig, ttlMs: number): number {
  return history > 1 ? Math.max(ttlMs, markerTtlMs) : ttlMs;
}
