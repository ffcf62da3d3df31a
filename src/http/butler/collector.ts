/** Has what has ended thrown away soon after, so that watchers see it go: nobody need read it first. */
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Namespaces } from "./namespaces.ts";

/** Looking for what has ended goes through all there is: not more often than this, nor less. */
const shortestPauseMs = 1000;
const longestPauseMs = 60 * 60 * 1000;
const pauseAfterFailureMs = 30_000;

export class Collector {
  readonly #namespaces: Namespaces;
  readonly #clock: Clock;
  readonly #log: Logger;
  #timer: { readonly at: number; readonly cancel: CancelTimer } | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(namespaces: Namespaces, clock: Clock, log: Logger) {
    this.#namespaces = namespaces;
    this.#clock = clock;
    this.#log = log;
  }

  /** Something ends at that time, in ms since 1970. */
  expect(endsAt: number): void {
    const at = Math.max(endsAt, this.#lastAt + shortestPauseMs);
    if (this.#isStopped || (this.#timer && this.#timer.at <= at)) return;
    this.#timer?.cancel();
    const cancel = this.#clock.after(at - this.#clock.now(), () => this.#start(), { background: true });
    this.#timer = { at, cancel };
  }

  /** Lets what runs come to its end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #start(): void {
    this.#timer = undefined;
    this.#lastAt = this.#clock.now();
    this.#running = this.#collect();
  }

  async #collect(): Promise<void> {
    try {
      const next = await this.#namespaces.collect();
      this.expect(Math.min(next, this.#clock.now() + longestPauseMs));
    } catch (cause) {
      this.#log.warn("what has ended in Butler's namespaces stays for now", { reason: messageOf(cause) });
      this.expect(this.#clock.now() + pauseAfterFailureMs);
    }
  }
}
