/** How far long work is, on a terminal: one line of stderr that is written over. Elsewhere nothing is said. */
import type { Surroundings } from "./surroundings.ts";

const pauseMs = 200;

export class Progress implements Disposable {
  readonly #surroundings: Surroundings;
  readonly #what: string;
  readonly #began: number;
  #next: number;
  #shown = false;

  /** @param what "exporting CFG" */
  constructor(surroundings: Surroundings, what: string) {
    this.#surroundings = surroundings;
    this.#what = what;
    this.#began = surroundings.clock.now();
    this.#next = this.#began;
  }

  readonly report = (done: number, expected: number): void => {
    const { clock, stderr } = this.#surroundings;
    const now = clock.now();
    if (!stderr.isTTY || now < this.#next) return;
    this.#next = now + pauseMs;
    this.#shown = true;
    const percent = expected === 0 ? 100 : Math.min(100, Math.floor((100 * done) / expected));
    const perSecond = Math.round((1000 * done) / Math.max(1, now - this.#began));
    stderr.write(`\r\u001b[K${this.#what}: ${percent} %, ${done} entries, ${perSecond} a second`);
  };

  [Symbol.dispose](): void {
    if (this.#shown) this.#surroundings.stderr.write("\r\u001b[K");
  }
}
