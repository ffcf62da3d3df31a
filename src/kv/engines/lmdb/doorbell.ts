/**
 * A file beside the database that is written to after each commit, so that other processes look without asking all the
 * time. LMDB's own files will not do: one is written before the commit is visible, the other through memory.
 */
import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/logger.ts";

export const doorbellName = "doorbell";

const ring = Buffer.from([0]);

export class Doorbell {
  readonly #path: string;
  readonly #log: Logger;
  readonly #file: number;
  #watcher: FSWatcher | undefined;

  constructor(directory: string, log: Logger) {
    this.#path = join(directory, doorbellName);
    this.#log = log;
    this.#file = openSync(this.#path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  }

  /** Only after a commit: who wakes up must find it. */
  ring(): void {
    try {
      writeSync(this.#file, ring, 0, 1, 0);
    } catch (error) {
      // The others see it at their next look.
      this.#log.debug("the doorbell of the store cannot be rung", { error: messageOf(error) });
    }
  }

  /** Calls `heard` after rings, those of this process too. Keeps the process alive until `silence`. */
  listen(heard: () => void): void {
    if (this.#watcher) return;
    try {
      this.#watcher = watch(this.#path, heard);
      this.#watcher.on("error", (error) => this.#deaf(error));
    } catch (error) {
      this.#deaf(error);
    }
  }

  silence(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  close(): void {
    this.silence();
    closeSync(this.#file);
  }

  #deaf(error: unknown): void {
    this.silence();
    this.#log.warn(
      "changes by other processes are seen only twice a second: the store's doorbell cannot be watched",
      {
        path: this.#path,
        error: messageOf(error),
      },
    );
  }
}
