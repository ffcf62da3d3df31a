/** Growing waits between attempts at something that fails: doubling from 250 ms to 30 s, spread by half to one and a half. */

const firstMs = 250;
const lastMs = 30_000;

export class Backoff {
  #nominalMs = firstMs;

  /** @param random in [0, 1). @returns the next wait in ms */
  next(random: number): number {
    const waitMs = Math.floor(this.#nominalMs * (0.5 + random));
    this.#nominalMs = Math.min(this.#nominalMs * 2, lastMs);
    return waitMs;
  }

  /** It worked: the next failure begins small again. */
  reset(): void {
    this.#nominalMs = firstMs;
  }
}
