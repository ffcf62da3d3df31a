/** The two buckets of topics: the values of `kvs`, whose history is the log of its changes, and the messages that wait for handlers. */
import { type Codec, jsonOf } from "../kv/codec.ts";
import type { Bucket, BucketConfig, Store } from "../kv/store.ts";
import { codeOf } from "../lib/errors.ts";
import { isJsonObject, type Json } from "../lib/json.ts";

export const kvsBucketName = "less";
export const queueBucketName = "machinist-topics";

/** Entries kept per key. How many changes of one key may wait in the log is bounded by it; see changes.ts. */
export const keptChanges = 64;

/** How long the marker of a message that is done stays, at least: a slow writer cannot bring it back meanwhile. */
export const doneMarkerMs = 3_600_000;

/** A value of `kvs` as it is stored. `expires` is a moment in ms since 1970, from which on nobody sees it. */
export interface Item {
  readonly value: Json;
  readonly expires?: number;
}

export const itemCodec: Codec<Item> = jsonOf("a value of kvs", (stored) => {
  if (!isJsonObject(stored)) throw new Error("no object");
  const { value, expires } = stored;
  if (value === undefined) throw new Error("no value");
  if (expires === undefined) return { value };
  if (typeof expires !== "number") throw new Error("expires is no number");
  return { value, expires };
});

/** Made when it is missing. @throws store errors */
export function openKvsBucket(store: Store): Promise<Bucket> {
  return opened(store, kvsBucketName, { history: keptChanges, description: "kvs of Less" });
}

/** Made when it is missing. @throws store errors */
export function openQueueBucket(store: Store): Promise<Bucket> {
  // No markers that end by themselves: whoever follows those keeps its process alive, and writers should end when they are done.
  return opened(store, queueBucketName, { description: "messages of topics that wait for their handlers" });
}

/** The queue, where there is one already. @throws store errors */
export async function existingQueueBucket(store: Store): Promise<Bucket | undefined> {
  try {
    return await store.openBucket(queueBucketName);
  } catch (cause) {
    if (codeOf(cause) === "BUCKET_NOT_FOUND") return undefined;
    throw cause;
  }
}

/** An existing one as it is: people may have given it other limits. */
async function opened(store: Store, name: string, config: Partial<BucketConfig>): Promise<Bucket> {
  try {
    return await store.openBucket(name);
  } catch (cause) {
    if (codeOf(cause) !== "BUCKET_NOT_FOUND") throw cause;
    return store.createBucket(name, config);
  }
}
