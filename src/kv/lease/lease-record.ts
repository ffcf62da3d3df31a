/** What stands under the key of a lease while somebody has it. */
import { isJsonObject } from "../../lib/json.ts";
import type { Entry } from "../store.ts";

export interface LeaseRecord {
  /** Of this one taking: tells its own writes from those of another with the same owner. */
  readonly id: string;
  /** For people: who has it. */
  readonly owner: string;
  readonly ttlMs: number;
  /** When it was taken by the holder's clock, ms since 1970: for people. */
  readonly since: number;
}

export function textOf(record: LeaseRecord): string {
  return JSON.stringify(record);
}

/** @returns undefined when it is no lease's */
export function recordIn(entry: Entry): LeaseRecord | undefined {
  let found: unknown;
  try {
    found = entry.json();
  } catch {
    return undefined;
  }
  if (!isJsonObject(found)) return undefined;
  const { id, owner, ttlMs, since } = found;
  const whole = typeof id === "string" && typeof owner === "string";
  if (!whole || typeof ttlMs !== "number" || typeof since !== "number") return undefined;
  return { id, owner, ttlMs, since };
}

/** Who has a lease. */
export interface LeaseHolder {
  readonly key: string;
  readonly owner: string;
  /** By the holder's clock. */
  readonly since: Date;
  /** When the store had the last sign of life. */
  readonly renewed: Date;
  readonly ttlMs: number;
  readonly revision: number;
}

/** @returns undefined when the value is no lease's */
export function holderIn(entry: Entry): LeaseHolder | undefined {
  const record = recordIn(entry);
  if (!record) return undefined;
  const { owner, ttlMs, since } = record;
  const { key, created: renewed, revision } = entry;
  return { key, owner, since: new Date(since), renewed, ttlMs, revision };
}
