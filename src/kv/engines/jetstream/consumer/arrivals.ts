/** Waiting for a revision that is on its way. */
import { type Clock, sleep } from "../../../../lib/clock.ts";

export class Arrivals {
  #waiting: { upTo: number; tell: () => void } | undefined;

  /** Resolves when this revision or a later one has arrived, nothing more comes, or the time is over. */
  async wait(upTo: number, clock: Clock, limitMs: number): Promise<void> {
    const limit = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      this.#waiting = { upTo, tell: resolve };
    });
    await Promise.race([arrived, sleep(clock, limitMs, limit.signal).catch(() => undefined)]);
    limit.abort();
  }

  arrived(revision: number): void {
    if (this.#waiting && revision >= this.#waiting.upTo) this.#waiting.tell();
  }

  end(): void {
    this.#waiting?.tell();
  }
}
