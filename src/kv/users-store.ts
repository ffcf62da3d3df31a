/**
 * The store as its users may see it: without the buckets that machinist keeps there for itself (governors, messages of topics).
 * Every surface that takes a bucket's name from outside gets this one: HTTP, Butler, the command line, watchers.
 */
import { isReservedBucket, refuseReservedBucket } from "./names.ts";
import type { Bucket, BucketConfig, BucketStatus, Store } from "./store.ts";

/** Owns the store: closing one closes both. A reserved name is refused with INVALID_BUCKET, whether or not it exists. */
export function usersStore(store: Store): Store {
  return new UsersStore(store);
}

class UsersStore implements Store {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get messages(): Store["messages"] {
    return this.#store.messages;
  }

  async createBucket(name: string, config?: Partial<BucketConfig>): Promise<Bucket> {
    refuseReservedBucket(name);
    return this.#store.createBucket(name, config);
  }

  async openBucket(name: string): Promise<Bucket> {
    refuseReservedBucket(name);
    return this.#store.openBucket(name);
  }

  async editBucket(name: string, changes: Partial<BucketConfig>): Promise<BucketStatus> {
    refuseReservedBucket(name);
    return this.#store.editBucket(name, changes);
  }

  async whenBucketExists(name: string, signal: AbortSignal): Promise<void> {
    refuseReservedBucket(name);
    return this.#store.whenBucketExists(name, signal);
  }

  async listBuckets(): Promise<BucketStatus[]> {
    return (await this.#store.listBuckets()).filter(({ bucket }) => !isReservedBucket(bucket));
  }

  async destroyBucket(name: string): Promise<void> {
    refuseReservedBucket(name);
    return this.#store.destroyBucket(name);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
