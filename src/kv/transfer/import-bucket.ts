/** Makes a bucket from an export: the same entries in the same order, with revisions of its own. Needs no engine's help. */
import { type Clock, systemClock } from "../../lib/clock.ts";
import { MachinistError } from "../../lib/errors.ts";
import type { Bucket, BucketConfig, Progress, Store } from "../store.ts";
import type { TransferEntry } from "./format.ts";
import { ImportWriter, type Written } from "./import-writer.ts";
import { checkExport, entriesOf, type Source } from "./read-export.ts";

export interface ImportOptions {
  /** Name of the new bucket. Default: that of the exported one. */
  readonly bucket?: string;
  /** Settings that get their default instead, for a store that cannot do them. */
  readonly without?: readonly (keyof BucketConfig)[];
  /** Tells what is over by now. Default: the system's. */
  readonly clock?: Clock;
  /** Gives up when aborted, with STOPPED. */
  readonly signal?: AbortSignal;
  /** Told now and then: entries so far, of how many. */
  readonly progress?: Progress;
}

export interface Imported extends Written {
  readonly bucket: string;
}

/**
 * Reads the export twice: nothing is written before it is known to be whole. Revisions begin at 1 in the order of the old
 * ones; `created` is the time of the import, and a bucket's ttl begins anew; of an entry's own ttl what is left goes on, at
 * least the shortest that the bucket takes. What ended meanwhile is left out. An import that fails leaves nothing behind.
 * @throws BAD_VALUE (cut off or altered), BUCKET_EXISTS (unless it is empty and has equal settings), UNSUPPORTED (a setting
 *   that this store cannot do), STOPPED, and what writing throws
 */
export async function importBucket(
  store: Store,
  source: Source,
  options: ImportOptions = {},
): Promise<Imported> {
  const { header, entries } = await checkExport(source);
  const name = options.bucket ?? header.bucket;
  const wasThere = (await store.listBuckets()).some(({ bucket }) => bucket === name);
  const bucket = await store.createBucket(name, withDefaults(header.config, options.without ?? []));
  const config = await bucket.status();
  if (config.values > 0) throw notEmpty(name);
  const writer = new ImportWriter(bucket, config, options.clock ?? systemClock);
  try {
    for await (const entry of entriesOf(source)) {
      checkSignal(options.signal, name);
      await take(writer, entry, (done) => options.progress?.(done, entries));
    }
    await writer.flush();
    options.progress?.(writer.done, entries);
    return { bucket: name, ...writer.written };
  } catch (error) {
    await undo(store, bucket, wasThere);
    throw error;
  }
}

async function take(
  writer: ImportWriter,
  entry: TransferEntry,
  progress: (done: number) => void,
): Promise<void> {
  if (await writer.add(entry)) progress(writer.done);
}

async function undo(store: Store, bucket: Bucket, wasThere: boolean): Promise<void> {
  // The first failure is the one to tell; a store that is gone cannot be cleaned.
  await (wasThere ? bucket.empty() : store.destroyBucket(bucket.name)).catch(() => undefined);
}

/** The store checks the rest of it. */
function withDefaults(
  config: Readonly<Record<string, unknown>>,
  without: readonly (keyof BucketConfig)[],
): Partial<BucketConfig> {
  // The store fills in the default.
  return { ...config, ...Object.fromEntries(without.map((name) => [name, undefined])) };
}

function checkSignal(signal: AbortSignal | undefined, name: string): void {
  if (!signal?.aborted) return;
  throw new MachinistError("STOPPED", `the import was interrupted; bucket ${name} is as it was before`);
}

function notEmpty(name: string): MachinistError {
  return new MachinistError(
    "BUCKET_EXISTS",
    `bucket ${name} has entries, expected none: import under another name, or empty it first`,
    { details: { bucket: name } },
  );
}
