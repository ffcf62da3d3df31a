/** The life of a message by itself: what is asked for, what the server makes of it, and what a message tells of it. */
import type { MsgHdrs } from "nats";
import { parseDuration } from "../../../lib/duration.ts";
import { type Asked, checkTtl, noTtl } from "../../arguments.ts";
import type { BucketConfig } from "../../store.ts";
import type { ServerVersion } from "./server-version.ts";

export const ttlHeader = "Nats-TTL";
/** Older servers store the header and take no notice of it. */
export const ttlsSince = "2.11.0";

const secondMs = 1000;

/**
 * The life that a message is given, in ms. The server counts whole seconds and leaves out the rest: who asks for one that
 * is not whole gets no less than that.
 * @throws TTL_INVALID, TTL_UNSUPPORTED
 */
export function givenTtl(bucket: Asked, ttlMs: number): number {
  checkTtl(bucket, ttlMs);
  const { history, markerTtlMs } = bucket.config;
  // As the server does: where older entries are kept, no life is shorter than that of the marker of its end.
  const life = history > 1 ? Math.max(ttlMs, markerTtlMs) : ttlMs;
  return Math.ceil(life / secondMs) * secondMs;
}

/** Asked right before a write: the connection may have moved to another server. @throws TTL_UNSUPPORTED */
export function checkTtlServer(bucket: Asked, server: ServerVersion): void {
  if (server.isAtLeast(ttlsSince)) return;
  throw noTtl(
    bucket,
    `the NATS server has version ${server.text}, ${ttlsSince} or later can do that; leave it out or update the server`,
  );
}

/** The value of the header. @param ttlMs as `givenTtl` gave it */
export function ttlText(ttlMs: number): string {
  return String(ttlMs / secondMs);
}

/** In ms; undefined: none, or none that is shorter than its bucket's. */
export function ownTtlOf(
  { ttlMs, markerTtlMs }: BucketConfig,
  headers: MsgHdrs | undefined,
): number | undefined {
  // Elsewhere the server takes no notice of what the header says.
  if (markerTtlMs === 0) return undefined;
  const own = parsed(headers?.get(ttlHeader) ?? "");
  return own === undefined || (ttlMs > 0 && own >= ttlMs) ? undefined : own;
}

/** Whole seconds, or a duration as Go writes it, of which the server takes the whole seconds. */
function parsed(text: string): number | undefined {
  if (text === "" || text === "never") return undefined;
  if (/^\d+$/.test(text)) return Number(text) * secondMs;
  return Math.floor(parseDuration(text) / secondMs) * secondMs;
}
