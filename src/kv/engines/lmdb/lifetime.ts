/** How long entries live. Knows the rules only: who removes what has ended is in sweeps.ts and expiry.ts. */
import type { BucketConfig } from "../../store.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import type { Head } from "./records.ts";

/** What a record has room for: the year 10889. */
const lastDeadline = 2 ** 48 - 1;

/** What is known of an entry's life: when it came, and its deadline as it is stored; both in ms since 1970. */
export interface Lifetime {
  readonly created: number;
  readonly deadline: number;
}

/** The deadline to store with a new entry: that of its own ttl; 0 for none. Its bucket's ttl may change, and is not stored. */
export function deadlineOf(config: BucketConfig, created: number, ttlMs: number | undefined): number {
  return ttlMs === undefined ? 0 : Math.min(created + ownLife(config, ttlMs), lastDeadline);
}

/** The life that an entry was given by itself, in ms; undefined: none, or none that is shorter than its bucket's. */
export function ownTtlOf(config: BucketConfig, { created, deadline }: Lifetime): number | undefined {
  const life = deadline - created;
  return deadline === 0 || (config.ttlMs > 0 && life >= config.ttlMs) ? undefined : life;
}

/** Whether an entry has ended: from then on nobody sees it, removed or not. */
export function isExpired({ config }: BucketIdentity, { created, deadline }: Lifetime, now: number): boolean {
  if (deadline > 0 && deadline <= now) return true;
  return config.ttlMs > 0 && created + config.ttlMs <= now;
}

/** The least revision of a key that its bucket's history keeps; 0 when that is all of them. */
export function oldestKept({ current, older }: Head, history: number): number {
  const beyond = older.length + 1 - history;
  return beyond > 0 ? (older[beyond] ?? current).revision : 0;
}

/** As on NATS: where older entries are kept, no life is shorter than that of the marker which tells of its end. */
function ownLife({ history, markerTtlMs }: BucketConfig, ttlMs: number): number {
  return history > 1 ? Math.max(ttlMs, markerTtlMs) : ttlMs;
}
