/** A store whose server may still be away: it tries for ever, refuses what is asked meanwhile, and then is the real one. */
import { Backoff } from "../../../lib/backoff.ts";
import { sleep } from "../../../lib/clock.ts";
import { codeOf, MachinistError, messageOf } from "../../../lib/errors.ts";
import { storeClosed } from "../../failures.ts";
import type { Messages } from "../../messages.ts";
import { validateBucketName } from "../../names.ts";
import type { Bucket, BucketConfig, BucketStatus, Store } from "../../store.ts";
import type { LinkOptions } from "./link.ts";
import { WaitingMessages } from "./waiting-messages.ts";

/** So long the opener waits for the first attempt: most often the server is there. */
const firstMs = 2000;
const longestRetryMs = 10_000;
const notYet = "the server has not answered yet";

/**
 * Resolves after the first attempt, or after two seconds, whichever is sooner. What is asked before the server is there fails
 * with FAILED and the reason; `whenBucketExists` waits.
 * @throws INVALID_ARGUMENT, INVALID_CONFIG: no waiting helps against these
 */
export async function openWaiting(open: () => Promise<Store>, options: LinkOptions): Promise<Store> {
  const waiting = new WaitingStore(open, options);
  await waiting.first();
  return waiting;
}

class WaitingStore implements Store {
  readonly messages: Messages;
  readonly #open: () => Promise<Store>;
  readonly #options: LinkOptions;
  readonly #closing = new AbortController();
  readonly #opened: Promise<Store>;
  #store: Store | undefined;
  #reason = notYet;
  #tried: (() => void) | undefined;

  constructor(open: () => Promise<Store>, options: LinkOptions) {
    this.#open = open;
    this.#options = options;
    this.#opened = this.#keepTrying();
    this.#opened.catch(() => undefined);
    this.messages = new WaitingMessages({
      now: () => this.#store?.messages,
      later: async (signal) => (await this.#unlessAborted(signal)).messages,
      closing: this.#closing.signal,
    });
  }

  /** Waits a little for the first attempt. */
  async first(): Promise<void> {
    const stop = new AbortController();
    const limit = sleep(this.#options.clock, firstMs, stop.signal).catch(() => undefined);
    const tried = new Promise<void>((resolve) => {
      this.#tried = resolve;
    });
    try {
      await Promise.race([this.#opened, tried, limit]);
    } finally {
      stop.abort();
    }
  }

  async createBucket(name: string, config?: Partial<BucketConfig>): Promise<Bucket> {
    return this.#now(name).createBucket(name, config);
  }

  async openBucket(name: string): Promise<Bucket> {
    return this.#now(name).openBucket(name);
  }

  async editBucket(name: string, changes: Partial<BucketConfig>): Promise<BucketStatus> {
    return this.#now(name).editBucket(name, changes);
  }

  async whenBucketExists(name: string, signal: AbortSignal): Promise<void> {
    validateBucketName(name);
    signal.throwIfAborted();
    const store = await this.#unlessAborted(signal);
    await store.whenBucketExists(name, signal);
  }

  async listBuckets(): Promise<BucketStatus[]> {
    return this.#now().listBuckets();
  }

  async destroyBucket(name: string): Promise<void> {
    await this.#now(name).destroyBucket(name);
  }

  async close(): Promise<void> {
    this.#closing.abort(storeClosed());
    const store = await this.#opened.catch(() => undefined);
    await store?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @param name of the bucket that is meant */
  #now(name?: string): Store {
    if (name !== undefined) validateBucketName(name);
    if (this.#store) return this.#store;
    this.#closing.signal.throwIfAborted();
    throw new MachinistError("FAILED", `the store is not there yet, trying again: ${this.#reason}`);
  }

  #unlessAborted(signal: AbortSignal): Promise<Store> {
    return new Promise((resolve, reject) => {
      const refuse = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", refuse, { once: true });
      this.#opened.then(resolve, reject).finally(() => signal.removeEventListener("abort", refuse));
    });
  }

  async #keepTrying(): Promise<Store> {
    const { clock, log } = this.#options;
    const backoff = new Backoff(longestRetryMs);
    for (;;) {
      this.#closing.signal.throwIfAborted();
      try {
        this.#store = await this.#open();
        if (this.#reason !== notYet) log.info("the store is there");
        return this.#store;
      } catch (error) {
        if (isForGood(error)) throw error;
        this.#tell(messageOf(error));
        this.#tried?.();
      }
      await sleep(clock, backoff.next(Math.random()), this.#closing.signal);
    }
  }

  /** Once for each reason. */
  #tell(reason: string): void {
    if (reason === this.#reason) return;
    this.#reason = reason;
    this.#options.log.warn("the store is not there: trying again until it is", { reason });
  }
}

function isForGood(error: unknown): boolean {
  return ["INVALID_ARGUMENT", "INVALID_CONFIG"].includes(codeOf(error));
}
