/** The two buckets of Butler's namespaces, made when they are first needed, and again when somebody destroyed them. */
import type { Bucket, BucketConfig, Store } from "../../kv/store.ts";
import { codeOf } from "../../lib/errors.ts";

/** Key `NAMESPACE.KEY`, value the text itself: this is what watchers look at, and others may write to. */
const valueBucketName = "BUTLER";
/** Key `NAMESPACE` for each namespace, `NAMESPACE.KEY` for what is known of a value besides the value. */
const noteBucketName = "BUTLER_NOTES";

export interface ButlerBuckets {
  readonly values: Bucket;
  readonly notes: Bucket;
}

/** @returns runs work on the buckets, once more on new ones when those it had are gone */
export function butlerBuckets(store: Store) {
  let opened: Promise<ButlerBuckets> | undefined;
  const current = (): Promise<ButlerBuckets> => {
    opened ??= open(store).catch((cause) => {
      opened = undefined;
      throw cause;
    });
    return opened;
  };
  return async <Result>(work: (buckets: ButlerBuckets) => Promise<Result>): Promise<Result> => {
    try {
      return await work(await current());
    } catch (cause) {
      if (codeOf(cause) !== "BUCKET_NOT_FOUND") throw cause;
      opened = undefined;
      return work(await current());
    }
  };
}

/** Whether anybody has used them yet. */
export async function areThere(store: Store): Promise<boolean> {
  try {
    await store.openBucket(noteBucketName);
    return true;
  } catch (cause) {
    if (codeOf(cause) !== "BUCKET_NOT_FOUND") throw cause;
    return false;
  }
}

async function open(store: Store): Promise<ButlerBuckets> {
  const values = await bucketOf(store, valueBucketName, {
    description: "Butler's key-value pairs: key NAMESPACE.KEY, value as text",
  });
  const notes = await bucketOf(store, noteBucketName, {
    description: `Order and deadlines of what is in ${valueBucketName}`,
  });
  // What notes are there tell of values that went with their bucket, and of revisions that are given again.
  if (values.isNew && !notes.isNew) await notes.bucket.empty();
  return { values: values.bucket, notes: notes.bucket };
}

/** One that is there is taken as it is: people may have given it a history or a limit. */
async function bucketOf(
  store: Store,
  name: string,
  config: Partial<BucketConfig>,
): Promise<{ readonly bucket: Bucket; readonly isNew: boolean }> {
  try {
    return { bucket: await store.openBucket(name), isNew: false };
  } catch (cause) {
    if (codeOf(cause) !== "BUCKET_NOT_FOUND") throw cause;
    return { bucket: await store.createBucket(name, config), isNew: true };
  }
}
