/** Keeps a registration up in a bucket: it ends by itself when nobody renews it, where the bucket can do that. */
import type { Bucket, BucketConfig, Store } from "../../src/kv/store.ts";
import { codeOf } from "../../src/lib/errors.ts";

export interface KeptRegistration {
  readonly bucket: string;
  readonly key: string;
  readonly value: string;
  readonly ttlMs: number;
}

const ownBucket: Partial<BucketConfig> = { history: 1, description: "services that are there" };
/** So long others can see that a registration ended. */
const markerTtlMs = 60_000;

/** Writes it anew, or lets it live on. @throws store errors */
export async function renew(
  store: Store,
  { bucket: name, key, value, ttlMs }: KeptRegistration,
): Promise<void> {
  const bucket = await openOrMake(store, name);
  const { history, markerTtlMs: marker } = await bucket.status();
  if (history > 1 || marker === 0) {
    await bucket.put(key, value);
    return;
  }
  const entry = await bucket.get(key);
  if (!entry) {
    await bucket.create(key, value, { ttlMs });
    return;
  }
  // Not deleted and made again: readers must not see the service go.
  if (entry.string() !== value) await bucket.update(key, value, entry.revision);
  await bucket.touch(key, ttlMs);
}

async function openOrMake(store: Store, name: string): Promise<Bucket> {
  try {
    return await store.openBucket(name);
  } catch (cause) {
    if (codeOf(cause) !== "BUCKET_NOT_FOUND") throw cause;
  }
  try {
    return await store.createBucket(name, { ...ownBucket, markerTtlMs });
  } catch (cause) {
    if (codeOf(cause) !== "UNSUPPORTED") throw cause;
  }
  // A server before 2.11: nothing ends there by itself.
  return store.createBucket(name, ownBucket);
}
