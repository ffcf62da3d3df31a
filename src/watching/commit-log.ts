/** Logs when the results of a watcher cannot be committed, and when they can again: one line each, not one for each retry. */
import { codeOf, type ErrorCode, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";

export class CommitLog {
  /** Of the last commit, while commits fail. */
  #code: ErrorCode | undefined;

  succeeded(watcher: string, log: Logger): void {
    if (this.#code !== undefined) log.info("the watcher's result is committed again", { watcher });
    this.#code = undefined;
  }

  failed(watcher: string, cause: unknown, log: Logger): void {
    const code = codeOf(cause);
    if (code === this.#code) return;
    this.#code = code;
    log.error("could not commit the watcher's result; retrying", { watcher, code, reason: messageOf(cause) });
  }
}
