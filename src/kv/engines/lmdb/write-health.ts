/** Whether writes to one store succeed. Logs when they begin to fail and when they succeed again, not each failure. */
import type { Clock } from "../../../lib/clock.ts";
import { MachinistError } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/logger.ts";

/** An older failure says nothing about now: whoever retries does so at least this often. */
const recentMs = 60_000;

export interface WriteHealthOptions {
  readonly place: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Fails when the data file cannot be written at all. @throws MachinistError */
  readonly probe: () => void;
}

export class WriteHealth {
  readonly #options: WriteHealthOptions;
  #last: { readonly failure: MachinistError; readonly at: number } | undefined;

  constructor(options: WriteHealthOptions) {
    this.#options = options;
  }

  /** A commit with changes is on disk. */
  succeeded(): void {
    if (!this.#last) return;
    this.#last = undefined;
    this.#options.log.info("writes to the store succeed again", { store: this.#options.place });
  }

  /** Nothing of a batch could be written. */
  failed(failure: Error): void {
    const { place, log, clock } = this.#options;
    if (!(failure instanceof MachinistError) || failure.code === "STORE_CLOSED") return;
    if (this.#last?.failure.code !== failure.code) {
      log.error("writes to the store fail", { store: place, code: failure.code, reason: failure.message });
    }
    this.#last = { failure, at: clock.monotonic() };
  }

  /** Why a write would fail now; undefined when nothing is known to prevent it. */
  get failure(): MachinistError | undefined {
    try {
      this.#options.probe();
    } catch (error) {
      return error instanceof MachinistError ? error : undefined;
    }
    if (!this.#last || this.#last.failure.code === "STORE_READ_ONLY") return undefined;
    const isRecent = this.#options.clock.monotonic() - this.#last.at < recentMs;
    return isRecent ? this.#last.failure : undefined;
  }
}
