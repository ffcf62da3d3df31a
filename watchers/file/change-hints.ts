/** "Look now", when something happened to one path. Watches its directory, so that also another file of that name is seen. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { HintSlot } from "../../src/lib/hint-slot.ts";
import { watchPaths } from "../../src/lib/watch-paths.ts";

export class FileHints {
  readonly #file: string;
  readonly #directory: string;
  #looks = 0;
  #wasFound = true;
  #onComing: () => void = () => undefined;

  /** @param file absolute */
  constructor(file: string) {
    this.#file = file;
    this.#directory = dirname(file);
  }

  /** To be called by each look before it reads. */
  beforeReading(): void {
    this.#looks += 1;
  }

  /** To be called by each look with what it found: a file that comes back may be in another directory of that name. */
  afterReading(isFound: boolean): void {
    const comes = isFound && !this.#wasFound;
    this.#wasFound = isFound;
    if (comes) this.#onComing();
  }

  /** Yields once for whatever happened since the last time; ends with the signal. @throws what the watch fails with */
  async *follow(signal: AbortSignal): AsyncGenerator<void, void> {
    const looksBefore = this.#looks;
    while (!signal.aborted) {
      if (await isDirectory(this.#directory)) yield* this.#changes(looksBefore, signal);
      else await this.#coming(signal);
    }
  }

  /** Until the file comes back after a look that did not find it: what it was watched in may be gone by then. */
  async *#changes(looksBefore: number, signal: AbortSignal): AsyncGenerator<void, void> {
    const slot = new HintSlot();
    const fill = (): void => slot.fill();
    const close = (): void => slot.close();
    signal.addEventListener("abort", close);
    this.#onComing = close;
    const paths = { depth: 0, tellsPresent: false, ignores: (path: string) => path !== this.#file };
    const unwatch = await watchPaths(this.#directory, paths, {
      present: fill,
      gone: fill,
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

  /** Without its directory there is nothing to watch: resolves when a look of the interval finds the file, or with the signal. */
  #coming(signal: AbortSignal): Promise<void> {
    this.#wasFound = false;
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener("abort", finish);
        resolve();
      };
      signal.addEventListener("abort", finish);
      if (signal.aborted) finish();
      this.#onComing = finish;
    });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
