/** Logs why looks fail: a watcher that goes on failing for one reason is one warning, not one for each look. */
import type { Logger } from "../lib/logger.ts";

export class WatcherErrors {
  readonly #log: Logger;
  readonly #last = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param reason undefined: the look did not fail */
  log(watcher: string, reason: string | undefined): void {
    if (reason === this.#last.get(watcher)) return;
    if (reason === undefined) this.#last.delete(watcher);
    else {
      this.#last.set(watcher, reason);
      this.#log.warn("a watcher failed", { watcher, reason });
    }
  }
}
