/** Events as lines of JSON in a file, which is set aside when it is large. */
import { appendFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { Bus } from "./bus.ts";

export interface EventFileOptions {
  /** Absolute. Older ones are beside it: `FILE.1` is the youngest of them. */
  readonly file: string;
  /** Set aside when it has more bytes than this. */
  readonly maxBytes: number;
  /** How many are kept besides it. */
  readonly keep: number;
}

export interface EventFile {
  /** Resolves when all that was published is written. */
  close(): Promise<void>;
}

/** Lines that wait while the disk does not keep up; what is more is lost, and said. */
const mostWaiting = 10_000;

export function writeEvents(bus: Bus, options: EventFileOptions, log: Logger): EventFile {
  return new Writer(bus, options, log);
}

class Writer implements EventFile {
  readonly #options: EventFileOptions;
  readonly #log: Logger;
  readonly #ignore: () => void;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #lost = 0;
  #hasFailed = false;

  constructor(bus: Bus, options: EventFileOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
    this.#ignore = bus.subscribe((event) => {
      if (this.#waiting.length < mostWaiting) this.#waiting.push(`${JSON.stringify(event)}\n`);
      else this.#lost += 1;
      this.#writing ??= this.#write();
    });
  }

  async close(): Promise<void> {
    this.#ignore();
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      await this.#append(lines.join(""), lines.length);
    }
    this.#writing = undefined;
  }

  async #append(text: string, count: number): Promise<void> {
    const { file, maxBytes } = this.#options;
    try {
      await mkdir(dirname(file), { recursive: true });
      const size = await stat(file).then(
        (found) => found.size,
        () => 0,
      );
      if (size > 0 && size + Buffer.byteLength(text) > maxBytes) await this.#setAside();
      await appendFile(file, text, { mode: 0o600 });
      if (this.#lost > 0) this.#log.warn("events were not written", { file, lost: this.#lost });
      this.#lost = 0;
      this.#hasFailed = false;
    } catch (cause) {
      this.#lost += count;
      // Once, not for each event.
      if (!this.#hasFailed) this.#log.error("events cannot be written", { file, reason: messageOf(cause) });
      this.#hasFailed = true;
    }
  }

  async #setAside(): Promise<void> {
    const { file, keep } = this.#options;
    await rm(`${file}.${keep}`, { force: true });
    for (let number = keep; number > 0; number -= 1) {
      const from = number === 1 ? file : `${file}.${number - 1}`;
      await rename(from, `${file}.${number}`).catch(() => undefined);
    }
    if (keep === 0) await rm(file, { force: true });
  }
}
