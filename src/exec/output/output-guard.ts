/**
 * Looks at files while they are written, so that none grows beyond its limit: often while one grows, and only on a notification of the
 * system while it does not. Looks on at files of ended commands as long as a process that was left behind may write to them.
 */
import { type FSWatcher, watch } from "node:fs";
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { OutputFile } from "./output-file.ts";

const pollMs = 5;
/** Looks without a change after which the next one waits for a notification. */
const quietPolls = 20;

interface Guarded {
  readonly file: OutputFile;
  quiet: number;
  watcher: FSWatcher | undefined;
}

export class OutputGuard {
  readonly #clock: Clock;
  readonly #files = new Map<string, Guarded>();
  /** Those that are looked at now. */
  readonly #polled = new Set<Guarded>();
  #cancelPoll: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  add(file: OutputFile): void {
    if (this.#files.has(file.path)) return;
    const guarded: Guarded = { file, quiet: 0, watcher: undefined };
    this.#files.set(file.path, guarded);
    this.#poll(guarded);
  }

  remove(path: string): void {
    const guarded = this.#files.get(path);
    if (!guarded) return;
    guarded.watcher?.close();
    this.#files.delete(path);
    this.#polled.delete(guarded);
    if (this.#polled.size === 0) this.#rest();
  }

  close(): void {
    for (const path of this.paths) this.remove(path);
  }

  #poll(guarded: Guarded): void {
    guarded.watcher?.close();
    guarded.watcher = undefined;
    guarded.quiet = 0;
    this.#polled.add(guarded);
    this.#cancelPoll ??= this.#clock.after(pollMs, () => this.#look());
  }

  #look(): void {
    this.#cancelPoll = undefined;
    for (const guarded of [...this.#polled]) {
      guarded.quiet = check(guarded.file) ? 0 : guarded.quiet + 1;
      if (guarded.quiet >= quietPolls) this.#waitForChange(guarded);
    }
    if (this.#polled.size > 0) this.#cancelPoll ??= this.#clock.after(pollMs, () => this.#look());
  }

  #waitForChange(guarded: Guarded): void {
    try {
      guarded.watcher = watch(guarded.file.path, { persistent: false }, () => this.#poll(guarded));
      guarded.watcher.on("error", () => this.#poll(guarded));
    } catch {
      // The system watches no more files, or it is gone: it is polled further.
      guarded.quiet = 0;
      return;
    }
    this.#polled.delete(guarded);
    if (check(guarded.file)) this.#poll(guarded);
  }

  #rest(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }
}

/** Disk errors are the command's to meet; the next look tries again. */
function check(file: OutputFile): boolean {
  try {
    return file.check();
  } catch {
    return false;
  }
}
