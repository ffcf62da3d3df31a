/** How often, and after which waits, a look that failed is tried again before its failure counts. Pure. */
import type { RetryPlan } from "../definition/shape.ts";

export class Retries {
  readonly #plan: RetryPlan | undefined;
  #failed = 0;

  /** Without a plan every failure counts. */
  constructor(plan: RetryPlan | undefined) {
    this.#plan = plan;
  }

  /**
   * Counts a failure.
   * @param random in [0, 1)
   * @returns ms until the next try; undefined when this was the last one, and counting begins anew
   */
  next(random: number): number | undefined {
    if (!this.#plan || this.#failed >= this.#plan.times) {
      this.#failed = 0;
      return undefined;
    }
    const { delayMs, factor, longestMs, jitter } = this.#plan;
    const nominalMs = Math.min(delayMs * factor ** this.#failed, longestMs);
    this.#failed += 1;
    return Math.floor(nominalMs * (1 - jitter + 2 * jitter * random));
  }

  /** It went well, or the watcher turned inactive: the next failure is a first one. */
  reset(): void {
    this.#failed = 0;
  }
}
