/** A governor as programs see it in JSON. */
import type { LeaseHolder } from "../kv/lease/lease-record.ts";
import type { SemaphoreStatus } from "../kv/semaphore.ts";
import type { JsonObject } from "../lib/json.ts";

export function governorJson({ name, capacity, ttlMs, holders }: SemaphoreStatus): JsonObject {
  return {
    governor: name,
    capacity,
    ttlMs,
    holders: holders.map((holder) => ({
      slot: slotOf(holder),
      owner: holder.owner,
      since: holder.since.toISOString(),
      renewed: holder.renewed.toISOString(),
    })),
  };
}

/** From 1. */
export function slotOf({ key }: LeaseHolder): number {
  return Number(key.slice(key.lastIndexOf(".") + 1));
}
