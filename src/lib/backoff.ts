/** Growing waits between attempts at something that fails: doubling from 250 ms, spread by half to one and a half. */

const firstMs = 250;

export class Backoff {
  readonly #longestMs: number;
  #nominalMs = firstMs;

  /** @param longestMs the nominal wait does not grow beyond it; default 30 s */
  constructor(longestMs = 30_000) {
    this.#longestMs = longestMs;
  }

  /** @param random in [0, 1). @returns the next wait in ms */
  next(random: number): number {
    const waitMs = Math.floor(this.#nominalMs * (0.5 + random));
    this.#nominalMs = Math.min(this.#nominalMs * 2, this.#longestMs);
    return waitMs;
  }

  /** It worked: the next failure begins small again. */
  reset(): void {
    this.#nominalMs = firstMs;
  }
}
