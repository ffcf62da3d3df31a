/**
 * What a webhook watcher remembers between looks: the ids of the last deliveries, and deliveries that came while it was inactive.
 * It is the watcher's cursor, so it changes in the same write as the transition that a delivery fires.
 */
import { MachinistError } from "../../src/lib/errors.ts";
import { isJsonObject, type Json } from "../../src/lib/json.ts";

export interface Delivery {
  /** As the sender numbers it; undefined when it does not. */
  readonly id: string | undefined;
  /** What the data item becomes; undefined when the machine stores nothing. */
  readonly value: Json | undefined;
}

export interface Deliveries {
  /** Ids, the newest last. */
  readonly seen: readonly string[];
  /** In the order in which they came. */
  readonly waiting: readonly Delivery[];
}

const mostWaiting = 100;
/** Ids that are remembered; more than can wait, so that a stored delivery is never stored twice. */
const mostSeen = 128;
/** Of the stored values together, as JSON. */
const mostWaitingBytes = 262_144;

/** @param cursor as `cursorOf` made it; undefined at first */
export function deliveriesIn(cursor: Json | undefined): Deliveries {
  if (!isJsonObject(cursor)) return { seen: [], waiting: [] };
  const { seen, waiting } = cursor;
  return {
    seen: Array.isArray(seen) ? seen.filter((id) => typeof id === "string") : [],
    waiting: Array.isArray(waiting) ? waiting.map(deliveryIn) : [],
  };
}

export function cursorOf({ seen, waiting }: Deliveries): Json {
  return {
    seen: [...seen],
    waiting: waiting.map(({ id, value }) => ({
      ...(id === undefined ? {} : { id }),
      ...(value === undefined ? {} : { value }),
    })),
  };
}

/** With the delivery's id remembered. */
export function seen(deliveries: Deliveries, { id }: Delivery): Deliveries {
  if (id === undefined) return deliveries;
  return { ...deliveries, seen: [...deliveries.seen, id].slice(-mostSeen) };
}

/**
 * With one more delivery that waits, or in place of those that waited.
 * @throws STOPPED when too much waits already, VALUE_TOO_LARGE when the delivery alone is more than can wait
 */
export function waiting(deliveries: Deliveries, delivery: Delivery, mode: "keep" | "latest"): Deliveries {
  const all = mode === "latest" ? [delivery] : [...deliveries.waiting, delivery];
  const bytes = all.reduce((sum, one) => sum + bytesOf(one), 0);
  if (bytesOf(delivery) > mostWaitingBytes) {
    throw new MachinistError(
      "VALUE_TOO_LARGE",
      `the delivery cannot be stored: ${bytesOf(delivery)} bytes; expected at most ${mostWaitingBytes} while the watcher is inactive. Send it again when the watcher is active`,
    );
  }
  if (all.length > mostWaiting || bytes > mostWaitingBytes) {
    throw new MachinistError(
      "STOPPED",
      `too many deliveries wait for the machine: at most ${mostWaiting}, and ${mostWaitingBytes} bytes in all. Send it again later`,
    );
  }
  return seen({ ...deliveries, waiting: all }, delivery);
}

function bytesOf({ value }: Delivery): number {
  return value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
}

function deliveryIn(stored: Json): Delivery {
  if (!isJsonObject(stored)) return { id: undefined, value: undefined };
  const { id, value } = stored;
  return { id: typeof id === "string" ? id : undefined, value };
}
