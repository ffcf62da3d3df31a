/** Removes values of `kvs` when their time is over, so that their end is an event as any other. */
import { decodeEntry } from "../kv/codec.ts";
import type { Entry } from "../kv/store.ts";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { codeOf } from "../lib/errors.ts";
import { itemCodec } from "./buckets.ts";

export class Expiry {
  readonly #timers = new Map<string, CancelTimer>();
  readonly #clock: Clock;
  readonly #remove: (entry: Entry) => void;

  constructor(clock: Clock, remove: (entry: Entry) => void) {
    this.#clock = clock;
    this.#remove = remove;
  }

  /** The newest entry of a key. */
  follow(entry: Entry): void {
    this.#timers.get(entry.key)?.();
    this.#timers.delete(entry.key);
    const end = endOf(entry);
    if (end === undefined) return;
    const due = (): void => {
      this.#timers.delete(entry.key);
      this.#remove(entry);
    };
    this.#timers.set(entry.key, this.#clock.after(end - this.#clock.now(), due, { background: true }));
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}

function endOf(entry: Entry): number | undefined {
  if (entry.operation !== "PUT") return undefined;
  try {
    return decodeEntry(entry, itemCodec).expires;
  } catch (cause) {
    if (codeOf(cause) === "BAD_VALUE") return undefined;
    throw cause;
  }
}
