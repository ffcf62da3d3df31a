/** Logs why looks fail: a watcher that goes on failing for one reason is one warning, not one for each look. */
import type { Logger } from "../lib/logger.ts";
import type { Observation } from "../watching/watcher.ts";

export class WatcherErrors {
  readonly #log: Logger;
  readonly #last = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  log(watcher: string, { error: reason, isWaiting }: Pick<Observation, "error" | "isWaiting">): void {
    if (reason === this.#last.get(watcher)) return;
    if (reason === undefined) this.#last.delete(watcher);
    else {
      this.#last.set(watcher, reason);
      if (isWaiting) this.#log.info("a watcher waits", { watcher, reason });
      else this.#log.warn("a watcher failed", { watcher, reason });
    }
  }
}
