/** The handle of one bucket, opened when first needed and again when it went stale. Knows nothing of what is read. */

import type { Bucket, Store } from "../../src/kv/store.ts";
import { codeOf } from "../../src/lib/errors.ts";

export class BucketConnection {
  readonly #store: Store;
  readonly #name: string;
  #bucket: Promise<Bucket> | undefined;

  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /** The same handle for everyone until it is dropped. @throws BUCKET_NOT_FOUND; the next call tries again */
  open(): Promise<Bucket> {
    if (this.#bucket) return this.#bucket;
    const opening = this.#store.openBucket(this.#name);
    this.#bucket = opening;
    opening.catch(() => this.drop());
    return opening;
  }

  /** After `open` refused: resolves when the bucket is there. @throws `cause` when it was refused for another reason */
  async untilThere(cause: unknown, signal: AbortSignal): Promise<void> {
    if (codeOf(cause) !== "BUCKET_NOT_FOUND") throw cause;
    await this.#store.whenBucketExists(this.#name, signal);
  }

  drop(): void {
    this.#bucket = undefined;
  }

  /**
   * Reads with the handle at hand. One that turns out to belong to a destroyed bucket is replaced and the read begun
   * anew, because a bucket of that name may exist again; any failure drops the handle.
   */
  async read<T>(reading: (bucket: Bucket) => Promise<T>): Promise<T> {
    const wasOpen = this.#bucket !== undefined;
    try {
      return await reading(await this.open());
    } catch (cause) {
      this.drop();
      if (!wasOpen || codeOf(cause) !== "BUCKET_NOT_FOUND") throw cause;
    }
    return await reading(await this.open());
  }
}
