/** The wait of a transition for the machine's rate limit, and what is shown of it meanwhile. */
import type { RateLimit } from "../definition/shape.ts";
import { type Clock, sleep } from "../lib/clock.ts";
import { formatWait } from "../lib/duration.ts";
import type { Logger } from "../lib/logger.ts";
import { RateLimiter } from "./rate-limit.ts";

/** A transition that is decided and not made yet. Times in ms since 1970. */
export interface Delay {
  readonly transition: string;
  /** Who fired it. */
  readonly by: string;
  readonly reason: "rate limit";
  readonly since: number;
  readonly until: number;
}

interface Parts {
  readonly limit: RateLimit | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Shorter waits are logged at level debug: most transitions of a busy machine wait for some milliseconds. */
const worthALineMs = 1_000;

export class RateLimitDelay {
  readonly #parts: Parts;
  readonly #limiter: RateLimiter;
  #current: Delay | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#limiter = new RateLimiter(parts.limit);
  }

  /** Undefined while no transition waits. */
  get current(): Delay | undefined {
    return this.#current;
  }

  /**
   * Counts a transition, and resolves when it may be made. One at a time.
   * @returns how long it waited, in ms
   * @throws the signal's reason
   */
  async wait(transition: string, by: string, signal: AbortSignal): Promise<number> {
    const { clock, random, log } = this.#parts;
    const since = clock.now();
    const waitMs = this.#limiter.next(since, random());
    if (waitMs === 0) return 0;
    this.#current = { transition, by, reason: "rate limit", since, until: since + waitMs };
    const level = waitMs < worthALineMs ? "debug" : "info";
    log[level](`waiting ${formatWait(waitMs)}: rate limit`, { transition, by });
    try {
      await sleep(clock, waitMs, signal);
    } finally {
      this.#current = undefined;
    }
    return waitMs;
  }
}
