/**
 * All writes of this process, one batch after the other: what arrives while a batch is committed goes into the next, so the
 * disk is asked once for many. An operation that fails fails alone.
 */
import { MachinistError } from "../../../lib/errors.ts";
import { storeClosed } from "../../failures.ts";
import { Batch, type Operation } from "./batch.ts";
import type { Environment } from "./environment.ts";
import { writeFailure } from "./failures.ts";

/** A batch ends with the operation that reaches one of these: the event loop waits while it is put together. */
const mostOperations = 1000;
const mostBytes = 1_048_576;

interface Waiting {
  /** Nobody waits for it, and it can be done at another time. */
  readonly isBackground: boolean;
  readonly bytes: number;
  /** @returns what tells the caller, to be called after the commit */
  perform(batch: Batch): () => void;
  reject(error: unknown): void;
}

export interface WriteQueueOptions {
  readonly environment: Environment;
  /** The directory, for messages. */
  readonly place: string;
  readonly now: () => number;
  /** Called after each commit, before the operations in it are acknowledged. */
  readonly committed: (batch: Batch) => void;
  /** Called when nothing of a batch could be written, before its operations are refused. */
  readonly failed?: (failure: Error) => void;
}

export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #queue: Waiting[] = [];
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** `bytes`: about how much it writes. @returns what the operation returned, once it is on disk */
  submit<T>(operation: Operation<T>, bytes = 0): Promise<T> {
    return this.#submit(operation, bytes, false);
  }

  /** As `submit`, for cleanup that the end of the process may interrupt: `close` does not wait for it. */
  submitBackground<T>(operation: Operation<T>): Promise<T> {
    return this.#submit(operation, 0, true);
  }

  #submit<T>(operation: Operation<T>, bytes: number, isBackground: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closing.signal.aborted) {
        reject(storeClosed());
        return;
      }
      const perform = (batch: Batch): (() => void) => {
        const value = operation(batch);
        return () => resolve(value);
      };
      this.#queue.push({ isBackground, bytes, perform, reject });
      this.#running ??= this.#run();
    });
  }

  /** True while a batch is being put together or committed. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Finishes what was submitted, except for background operations that have not begun. */
  async close(): Promise<void> {
    const waiting = this.#queue.splice(0);
    for (const one of waiting) {
      if (one.isBackground) one.reject(storeClosed());
      else this.#queue.push(one);
    }
    // A batch that is being committed does not wait any more.
    if (this.#queue.length === 0) this.#closing.abort(storeClosed());
    await this.idle();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) await this.#commitOne();
    this.#running = undefined;
  }

  async #commitOne(): Promise<void> {
    const { environment, place, now, committed, failed } = this.#options;
    let taken: Waiting[] = [];
    try {
      const { batch, acknowledge } = await environment.write((records) => {
        // Only here, with the write lock in hand, so that everything that arrived meanwhile comes along.
        taken = this.#take();
        const batch = new Batch(records, now());
        const acknowledge = taken.map((waiting) => perform(waiting, batch));
        batch.flush();
        return { batch, acknowledge };
      }, this.#closing.signal);
      committed(batch);
      for (const tell of acknowledge) tell();
    } catch (error) {
      // Without the lock nothing can be written: no operation waits longer than the first.
      if (taken.length === 0) taken = this.#queue.splice(0);
      const failure = writeFailure(error, place);
      failed?.(failure);
      for (const waiting of taken) waiting.reject(failure);
    }
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && count < mostOperations && bytes < mostBytes) {
      bytes += this.#queue[count++]?.bytes ?? 0;
    }
    return this.#queue.splice(0, count);
  }
}

function perform(waiting: Waiting, batch: Batch): () => void {
  try {
    return waiting.perform(batch);
  } catch (error) {
    // Anything else is a fault of the store itself, and nothing of this batch may be kept.
    if (!(error instanceof MachinistError)) throw error;
    return () => waiting.reject(error);
  }
}
