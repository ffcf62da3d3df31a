/** The reader's end of a watch: items in, promises out. Knows nothing of where items come from. */
import type { WatchItem } from "./store.ts";

type Result = IteratorResult<WatchItem, undefined>;

interface Waiter {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

const over: Result = { done: true, value: undefined };

export class Delivery {
  #items: WatchItem[] = [];
  /** How many of #items are taken: removing each from the front would move all the others. */
  #taken = 0;
  #bytes = 0;
  readonly #waiters: Waiter[] = [];
  #ended = false;
  #failure: Error | undefined;

  /** Items that nobody has asked for yet. */
  get length(): number {
    return this.#items.length - this.#taken;
  }

  /** Bytes of the values in them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Somebody waits for an item. */
  get isWanted(): boolean {
    return this.#waiters.length > 0;
  }

  push(item: WatchItem): void {
    if (this.#ended) return;
    const waiter = this.#waiters.shift();
    if (waiter) {
      waiter.resolve({ done: false, value: item });
      return;
    }
    this.#items.push(item);
    this.#bytes += bytesOf(item);
  }

  next(): Promise<Result> {
    const item = this.#take();
    if (item) return Promise.resolve({ done: false, value: item });
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) return Promise.reject(failure);
    if (this.#ended) return Promise.resolve(over);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Nothing comes any more. What is queued is still delivered before `failure`, and dropped without one. */
  end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    if (!failure) this.#items = [];
    const [first, ...others] = this.#waiters.splice(0);
    if (first && failure) {
      this.#failure = undefined;
      first.reject(failure);
    } else {
      first?.resolve(over);
    }
    for (const waiter of others) waiter.resolve(over);
  }

  #take(): WatchItem | undefined {
    const item = this.#items[this.#taken];
    if (!item) return undefined;
    this.#bytes -= bytesOf(item);
    this.#taken++;
    if (this.#taken === this.#items.length) {
      this.#items = [];
      this.#taken = 0;
    }
    return item;
  }
}

function bytesOf(item: WatchItem): number {
  return item.operation === "READY" ? 0 : item.value.length;
}
