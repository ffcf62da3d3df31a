/** The governors as one watcher enters them: remembers, and logs once, that it waits for a slot. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { GovernorRequest, GovernorSlot, Governors } from "./governors.ts";

export interface GovernorWait {
  readonly governor: string;
  /** Ms since 1970. */
  readonly since: number;
}

interface Parts {
  readonly governors: Governors;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Shorter waits are not worth a word: a far store takes some time to give a free slot. */
const noticeAfterMs = 500;

export class GovernorWaits implements Governors {
  readonly #parts: Parts;
  #current: GovernorWait | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Undefined while the watcher does not wait. */
  get current(): GovernorWait | undefined {
    return this.#current;
  }

  async enter(request: GovernorRequest, signal: AbortSignal): Promise<GovernorSlot> {
    const { governors, clock, log } = this.#parts;
    const { governor } = request;
    const since = clock.now();
    const cancel = clock.after(noticeAfterMs, () => {
      this.#current = { governor, since };
      log.info("waiting for a slot of a governor", { governor });
    });
    try {
      return await governors.enter(request, signal);
    } finally {
      cancel();
      this.#current = undefined;
    }
  }
}
