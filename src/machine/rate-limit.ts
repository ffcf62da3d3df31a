/** How long a machine's next transition waits: short at first, longer in a storm, none again after a quiet time. */
import type { RateLimit } from "../definition/shape.ts";

export class RateLimiter {
  readonly #limit: RateLimit | null;
  #accepted = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** null never waits. */
  constructor(limit: RateLimit | null) {
    this.#limit = limit;
  }

  /**
   * Counts one accepted transition. Illegal ones must not be counted, legal self transitions must (Choria).
   * @param random in [0, 1): spreads the wait evenly over half to one and a half of the nominal delay
   * @returns how many ms it has to wait
   */
  next(nowMs: number, random: number): number {
    if (this.#limit === null) return 0;
    const { delaysMs, quietMs } = this.#limit;
    if (nowMs - this.#lastMs >= quietMs) this.#accepted = 0;
    const nominalMs = delaysMs[Math.min(this.#accepted, delaysMs.length - 1)] ?? 0;
    const waitMs = Math.floor(nominalMs * (0.5 + random));
    this.#accepted += 1;
    // The quiet time counts from when the transition takes place, not from when it was asked for.
    this.#lastMs = nowMs + waitMs;
    return waitMs;
  }
}
