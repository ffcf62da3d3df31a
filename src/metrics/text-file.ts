/** Keeps a file for the textfile collector of Prometheus' node_exporter: whole at each moment, and gone when the daemon stops. */
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "./registry.ts";

/** The collector reads files that end so, and only them. */
const fileName = "machinist.prom";
const pauseMs = 1_000;

export interface TextFile {
  /** Writes no more and removes the file: what is no longer measured must not look as if it were. Idempotent. */
  stop(): Promise<void>;
}

/** Writes the file at once, and again within a second of each change. A directory that is not there is logged, and tried again. */
export function keepTextFile(
  directory: string,
  metrics: Metrics,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): TextFile {
  const file = new KeptFile(join(directory, fileName), metrics, clock, log);
  return { stop: () => file.stop() };
}

/**
 * Modes: *clean* (the file is as the metrics are), *waiting* (a timer is armed; changes are ignored, they will be written),
 * *writing* (a change is remembered and arms the timer afterwards), *stopped* (nothing is written).
 */
class KeptFile {
  readonly #path: string;
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #forget: () => void;
  #cancel: CancelTimer | undefined;
  #writing: Promise<void> | undefined;
  #hasChanged = false;
  #isStopped = false;
  #hasFailed = false;

  constructor(path: string, metrics: Metrics, clock: Clock, log: Logger) {
    this.#path = path;
    this.#metrics = metrics;
    this.#clock = clock;
    this.#log = log;
    this.#forget = metrics.onChange(() => this.#changed());
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#forget();
    this.#cancel?.();
    await this.#writing;
    for (const path of [this.#path, this.#temporary]) await rm(path, { force: true });
  }

  get #temporary(): string {
    return `${this.#path}.tmp`;
  }

  #changed(): void {
    if (this.#writing !== undefined) this.#hasChanged = true;
    else this.#cancel ??= this.#clock.after(pauseMs, () => this.#begin(), { background: true });
  }

  #begin(): void {
    this.#cancel = undefined;
    this.#hasChanged = false;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#hasChanged && !this.#isStopped) this.#changed();
    });
  }

  async #write(): Promise<void> {
    try {
      await writeFile(this.#temporary, await this.#metrics.text(), { mode: 0o644 });
      await rename(this.#temporary, this.#path);
      this.#hasFailed = false;
    } catch (cause) {
      // Once, not each second.
      if (!this.#hasFailed) {
        this.#log.warn("the metrics file cannot be written", { file: this.#path, reason: messageOf(cause) });
      }
      this.#hasFailed = true;
    }
  }
}
