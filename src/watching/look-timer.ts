/** The one timer of a loop: when the next look is due, and why. */
import type { CancelTimer, Clock } from "../lib/clock.ts";

export class LookTimer {
  readonly #clock: Clock;
  #cancel: CancelTimer = () => undefined;
  #dueAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When it goes off, ms since 1970; undefined when it is not armed. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  /** Takes the place of what was armed before; undefined arms nothing. */
  set(delayMs: number | undefined, callback: () => void): void {
    this.clear();
    if (delayMs === undefined) return;
    this.#dueAt = this.#clock.now() + delayMs;
    this.#cancel = this.#clock.after(delayMs, callback);
  }

  clear(): void {
    this.#cancel();
    this.#dueAt = undefined;
  }
}
