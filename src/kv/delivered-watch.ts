/** What the watches of all engines do alike: hand out what is delivered, and end once. Knows nothing of where items come from. */
import { checkWatchOptions } from "./arguments.ts";
import { Delivery } from "./delivery.ts";
import type { Watch, WatchItem, WatchOptions } from "./store.ts";

export abstract class DeliveredWatch implements Watch {
  protected readonly delivery = new Delivery();
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => this.stop();
  #ended = false;

  /** A signal that is aborted already is the heir's to look at. @throws INVALID_ARGUMENT for options that contradict each other */
  constructor(options: WatchOptions) {
    checkWatchOptions(options);
    this.#signal = options.signal;
    this.#signal?.addEventListener("abort", this.#abort);
  }

  next(): Promise<IteratorResult<WatchItem, undefined>> {
    const next = this.delivery.next();
    this.asked();
    return next;
  }

  async return(): Promise<IteratorResult<WatchItem, undefined>> {
    this.stop();
    return { done: true, value: undefined };
  }

  get isOver(): boolean {
    return this.#ended;
  }

  stop(): void {
    this.end();
  }

  /** Ends with an error, after what is queued. */
  finish(error: Error): void {
    this.end(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }

  protected end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.released();
    this.delivery.end(error);
  }

  /** The reader wants an item, and may have made room. */
  protected abstract asked(): void;

  /** It ends: lets go of what feeds it. Called once. */
  protected abstract released(): void;
}
