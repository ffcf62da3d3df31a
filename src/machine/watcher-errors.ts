/** Logs why looks fail: a watcher that goes on failing for one reason is one warning, not one for each look. */
import type { Logger } from "../lib/logger.ts";
import type { Observation } from "../watching/watcher.ts";

export class WatcherErrors {
  readonly #log: Logger;
  readonly #machine: string;
  readonly #last = new Map<string, string>();

  constructor(log: Logger, machine: string) {
    this.#log = log;
    this.#machine = machine;
  }

  log(watcher: string, seen: Pick<Observation, "error" | "isWaiting" | "run" | "lastLines">): void {
    const { error: reason, isWaiting, run, lastLines } = seen;
    if (reason === this.#last.get(watcher)) return;
    if (reason === undefined) this.#last.delete(watcher);
    else {
      this.#last.set(watcher, reason);
      const logs = run === undefined ? {} : { logs: this.#commandFor(watcher, run) };
      const output = lastLines ? { output: lastLines } : {};
      if (isWaiting) this.#log.info("a watcher waits", { watcher, reason });
      else this.#log.warn("a watcher failed", { watcher, reason, ...logs, ...output });
    }
  }
  #commandFor(watcher: string, run: number): string {
    const name = /\s/.test(watcher) ? JSON.stringify(watcher) : watcher;
    return `machinist logs ${this.#machine} ${name} --run ${run}`;
  }
}
