/** The life of a message by itself, as its headers tell. */
import type { MsgHdrs } from "nats";
import { parseDuration } from "../../../lib/duration.ts";
import type { BucketConfig } from "../../store.ts";

export const ttlHeader = "Nats-TTL";

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

/** Whole seconds, or a duration as Go writes it. */
function parsed(text: string): number | undefined {
  if (text === "" || text === "never") return undefined;
  return parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
}
