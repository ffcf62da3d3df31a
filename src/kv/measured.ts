/** A store whose operations are counted and timed, those of its buckets too. Whoever uses it sees no difference. */
import type { Clock } from "../lib/clock.ts";
import { codeOf, type ErrorCode } from "../lib/errors.ts";
import type { Bucket, BucketConfig, Entry, Store, Value, Watch } from "./store.ts";

/** One operation that ended. */
export interface MeasuredOperation {
  /** The name of the contract's verb. */
  readonly operation: string & (keyof Bucket | keyof Store);
  readonly outcome: "ok" | ErrorCode;
  /**
   * Of `keys` and `history`: what the reader waited for entries, without what it did between them. Of a watch that was opened,
   * and of what was refused at once: 0.
   */
  readonly durationMs: number;
}

export interface MeterOptions {
  readonly clock: Clock;
  /** Called for each operation; must be quick. */
  readonly onOperation: (done: MeasuredOperation) => void;
}

/** Owns the store: closing one closes both. Waits for a bucket are no operations and not measured. */
export function measuredStore(store: Store, options: MeterOptions): Store {
  return new MeasuredStore(store, new Meter(options));
}

class Meter {
  readonly #clock: Clock;
  readonly #onOperation: MeterOptions["onOperation"];

  constructor({ clock, onOperation }: MeterOptions) {
    this.#clock = clock;
    this.#onOperation = onOperation;
  }

  async wait<Result>(
    operation: MeasuredOperation["operation"],
    work: () => Promise<Result>,
  ): Promise<Result> {
    const begun = this.#clock.monotonic();
    let outcome: MeasuredOperation["outcome"] = "ok";
    try {
      return await work();
    } catch (cause) {
      outcome = codeOf(cause);
      throw cause;
    } finally {
      this.#onOperation({ operation, outcome, durationMs: this.#clock.monotonic() - begun });
    }
  }

  /** What is refused when it is called is counted, too. */
  open<Result>(operation: MeasuredOperation["operation"], work: () => Result): Result {
    try {
      return work();
    } catch (cause) {
      this.#onOperation({ operation, outcome: codeOf(cause), durationMs: 0 });
      throw cause;
    }
  }

  async *each<Item>(
    operation: MeasuredOperation["operation"],
    items: AsyncIterable<Item>,
  ): AsyncGenerator<Item> {
    let outcome: MeasuredOperation["outcome"] = "ok";
    let begun = this.#clock.monotonic();
    let durationMs = 0;
    const stopWatch = (): void => {
      durationMs += this.#clock.monotonic() - begun;
    };
    try {
      for await (const item of items) {
        stopWatch();
        yield item;
        begun = this.#clock.monotonic();
      }
      stopWatch();
    } catch (cause) {
      stopWatch();
      outcome = codeOf(cause);
      throw cause;
    } finally {
      this.#onOperation({ operation, outcome, durationMs });
    }
  }

  opened(watch: Watch): Watch {
    this.#onOperation({ operation: "watch", outcome: "ok", durationMs: 0 });
    return watch;
  }
}

class MeasuredStore implements Store {
  readonly #store: Store;
  readonly #meter: Meter;

  constructor(store: Store, meter: Meter) {
    this.#store = store;
    this.#meter = meter;
  }

  get messages(): Store["messages"] {
    return this.#store.messages;
  }
  async createBucket(name: string, config?: Partial<BucketConfig>): Promise<Bucket> {
    return this.#handle(await this.#meter.wait("createBucket", () => this.#store.createBucket(name, config)));
  }
  editBucket(...args: Parameters<Store["editBucket"]>): ReturnType<Store["editBucket"]> {
    return this.#meter.wait("editBucket", () => this.#store.editBucket(...args));
  }
  async openBucket(name: string): Promise<Bucket> {
    return this.#handle(await this.#meter.wait("openBucket", () => this.#store.openBucket(name)));
  }
  whenBucketExists(name: string, signal: AbortSignal): Promise<void> {
    return this.#store.whenBucketExists(name, signal);
  }
  listBuckets(): ReturnType<Store["listBuckets"]> {
    return this.#meter.wait("listBuckets", () => this.#store.listBuckets());
  }
  destroyBucket(name: string): Promise<void> {
    return this.#meter.wait("destroyBucket", () => this.#store.destroyBucket(name));
  }
  close(): Promise<void> {
    return this.#store.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #handle(bucket: Bucket): Bucket {
    return new MeasuredBucket(bucket, this.#meter);
  }
}

class MeasuredBucket implements Bucket {
  readonly #bucket: Bucket;
  readonly #meter: Meter;

  constructor(bucket: Bucket, meter: Meter) {
    this.#bucket = bucket;
    this.#meter = meter;
  }

  get name(): string {
    return this.#bucket.name;
  }
  get(...args: Parameters<Bucket["get"]>): Promise<Entry | null> {
    return this.#meter.wait("get", () => this.#bucket.get(...args));
  }
  entry(...args: Parameters<Bucket["entry"]>): Promise<Entry | null> {
    return this.#meter.wait("entry", () => this.#bucket.entry(...args));
  }
  put(...args: Parameters<Bucket["put"]>): Promise<number> {
    return this.#meter.wait("put", () => this.#bucket.put(...args));
  }
  create(...args: Parameters<Bucket["create"]>): Promise<number> {
    return this.#meter.wait("create", () => this.#bucket.create(...args));
  }
  update(key: string, value: Value, revision: number): Promise<number> {
    return this.#meter.wait("update", () => this.#bucket.update(key, value, revision));
  }
  delete(...args: Parameters<Bucket["delete"]>): Promise<number> {
    return this.#meter.wait("delete", () => this.#bucket.delete(...args));
  }
  purge(...args: Parameters<Bucket["purge"]>): Promise<number> {
    return this.#meter.wait("purge", () => this.#bucket.purge(...args));
  }
  touch(...args: Parameters<Bucket["touch"]>): Promise<number> {
    return this.#meter.wait("touch", () => this.#bucket.touch(...args));
  }
  revert(...args: Parameters<Bucket["revert"]>): Promise<number> {
    return this.#meter.wait("revert", () => this.#bucket.revert(...args));
  }
  keys(...args: Parameters<Bucket["keys"]>): AsyncIterable<string> {
    return this.#meter.each(
      "keys",
      this.#meter.open("keys", () => this.#bucket.keys(...args)),
    );
  }
  history(...args: Parameters<Bucket["history"]>): AsyncIterable<Entry> {
    return this.#meter.each(
      "history",
      this.#meter.open("history", () => this.#bucket.history(...args)),
    );
  }
  watch(...args: Parameters<Bucket["watch"]>): Watch {
    return this.#meter.opened(this.#meter.open("watch", () => this.#bucket.watch(...args)));
  }
  status(): ReturnType<Bucket["status"]> {
    return this.#meter.wait("status", () => this.#bucket.status());
  }
  empty(): Promise<void> {
    return this.#meter.wait("empty", () => this.#bucket.empty());
  }
  purgeDeletes(...args: Parameters<Bucket["purgeDeletes"]>): Promise<void> {
    return this.#meter.wait("purgeDeletes", () => this.#bucket.purgeDeletes(...args));
  }
}
