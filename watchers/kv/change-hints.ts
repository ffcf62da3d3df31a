/** "Look now": follows the live changes of whatever the latest look was about. Knows nothing of what a look makes of them. */
import type { Bucket, Watch } from "../../src/kv/store.ts";
import { HintSlot } from "../../src/lib/hint-slot.ts";
import type { BucketConnection } from "./connection.ts";

export class ChangeHints {
  readonly #connection: BucketConnection;
  #filter: string | undefined;
  #watch: Watch | undefined;
  #reads = 0;
  #onTarget: () => void = () => undefined;

  /** @param filter undefined when only a look can tell it, because it is a template */
  constructor(connection: BucketConnection, filter: string | undefined) {
    this.#connection = connection;
    this.#filter = filter;
  }

  /** To be called by each look just before it reads: what is committed from here on needs a hint. */
  beforeReading(filter: string): void {
    this.#reads += 1;
    if (filter === this.#filter) return;
    this.#filter = filter;
    this.#watch?.stop();
    this.#onTarget();
  }

  /** Yields once for whatever changed since the last time; ends with the signal. @throws what the store throws */
  async *follow(signal: AbortSignal): AsyncGenerator<void, void> {
    while (!signal.aborted) {
      const filter = this.#filter;
      if (filter === undefined) await this.#targeted(signal);
      else yield* this.#changesOf(filter, signal);
      // A watch that ended without a new target ended by itself: the loop decides when to begin again.
      if (filter !== undefined && filter === this.#filter) return;
    }
  }

  /** Resolves when a look told what it is about, or with the signal. */
  #targeted(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener("abort", finish);
        resolve();
      };
      signal.addEventListener("abort", finish);
      this.#onTarget = finish;
    });
  }

  async *#changesOf(filter: string, signal: AbortSignal): AsyncGenerator<void, void> {
    let bucket: Bucket;
    try {
      // As early as can be: a watch that begins before the first look reads needs no second look.
      bucket = await this.#connection.open();
    } catch (cause) {
      await this.#connection.untilThere(cause, signal);
      bucket = await this.#connection.open();
    }
    if (signal.aborted || filter !== this.#filter) return;
    const watch = bucket.watch(filter, { updatesOnly: true, metaOnly: true, signal });
    const readsBefore = this.#reads;
    this.#watch = watch;
    const slot = new HintSlot();
    const drained = this.#drain(watch, slot, readsBefore);
    try {
      while (await slot.take()) yield;
    } finally {
      watch.stop();
      await drained;
    }
  }

  /** Empties the watch into the slot, so that many changes during a look become one hint. Never rejects. */
  async #drain(watch: Watch, slot: HintSlot, readsBefore: number): Promise<void> {
    try {
      for await (const item of watch) {
        // A look that read before the watch began may have missed a change in between; a later one has not.
        if (item.operation !== "READY" || this.#reads === readsBefore) slot.fill();
      }
      slot.close();
    } catch (cause) {
      this.#connection.drop();
      slot.fail(cause);
    }
  }
}
