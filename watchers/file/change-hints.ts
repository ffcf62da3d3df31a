/** "Look now", when something happened to one path. Watches its directory, so that also another file of that name is seen. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { HintSlot } from "../../src/lib/hint-slot.ts";
import { watchPaths } from "../../src/lib/watch-paths.ts";

export class FileHints {
  readonly #file: string;
  readonly #directory: string;
  #looks = 0;
  #onSighting: () => void = () => undefined;

  /** @param file absolute */
  constructor(file: string) {
    this.#file = file;
    this.#directory = dirname(file);
  }

  /** To be called by each look before it reads. */
  beforeReading(): void {
    this.#looks += 1;
  }

  /** To be called by each look that found the file: its directory is there, and can be watched. */
  sighted(): void {
    this.#onSighting();
  }

  /** Yields once for whatever happened since the last time; ends with the signal. @throws what the watch fails with */
  async *follow(signal: AbortSignal): AsyncGenerator<void, void> {
    while (!signal.aborted) {
      const looksBefore = this.#looks;
      if (await isDirectory(this.#directory)) yield* this.#changes(looksBefore, signal);
      // Without its directory there is nothing to watch: the looks of the interval will tell when there is.
      if (!signal.aborted) await this.#sighting(signal);
    }
  }

  async *#changes(looksBefore: number, signal: AbortSignal): AsyncGenerator<void, void> {
    const slot = new HintSlot();
    const fill = (): void => slot.fill();
    const close = (): void => slot.close();
    signal.addEventListener("abort", close);
    const paths = { depth: 0, tellsPresent: false, ignores: (path: string) => path !== this.#file };
    const unwatch = await watchPaths(this.#directory, paths, {
      present: fill,
      gone: fill,
      directoryGone: () => {
        fill();
        close();
      },
      failed: (cause) => slot.fail(cause),
    });
    // A look that read before the watch began may have missed a change in between; a later one does not.
    if (this.#looks !== looksBefore) fill();
    try {
      while (!signal.aborted && (await slot.take())) yield;
    } finally {
      signal.removeEventListener("abort", close);
      await unwatch();
    }
  }

  /** Resolves at the next look that finds the file, or with the signal. */
  #sighting(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener("abort", finish);
        resolve();
      };
      signal.addEventListener("abort", finish);
      this.#onSighting = finish;
    });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
