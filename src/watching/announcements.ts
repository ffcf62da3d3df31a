/** Tells again and again how a watcher stands, active or not: `announce_interval`. */
import type { CancelTimer, Clock } from "../lib/clock.ts";

export class Announcements {
  readonly #clock: Clock;
  readonly #intervalMs: number | undefined;
  readonly #announce: () => void;
  #cancel: CancelTimer = () => undefined;

  /** @param intervalMs undefined: never */
  constructor(clock: Clock, intervalMs: number | undefined, announce: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#announce = announce;
  }

  /** The first one comes after one interval. */
  start(): void {
    if (this.#intervalMs === undefined) return;
    this.#cancel = this.#clock.after(this.#intervalMs, () => {
      this.#announce();
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }
}
