/** Makes a bucket from an export: the same entries in the same order, with revisions of its own. Needs no engine's help. */
import { type Clock, systemClock } from "../../lib/clock.ts";
import { codeOf, MachinistError, messageOf } from "../../lib/errors.ts";
import { isKey } from "../names.ts";
import type { Bucket, BucketConfig, Progress, Store } from "../store.ts";
import type { TransferEntry } from "./format.ts";
import { ImportWriter, type Written } from "./import-writer.ts";
import { checkComplete, importMark } from "./importing.ts";
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
  /** Entries left out because other NATS tools wrote them under keys that are not valid in machinist. */
  readonly skipped: number;
}

/**
 * Reads the export twice: nothing is written before it is known to be whole. Revisions begin at 1 in the order of the old
 * ones; `created` is the time of the import, and a bucket's ttl begins anew; of an entry's own ttl what is left goes on, at
 * least the shortest that the bucket takes. What ended meanwhile is left out. An import that fails leaves nothing behind; when
 * the store is gone or this process is killed, the bucket stays marked as incomplete.
 * @throws BAD_VALUE (cut off or altered), BUCKET_EXISTS (unless it is empty and has equal settings; also for a bucket whose
 *   import is not complete), UNSUPPORTED (a setting that this store cannot do), STOPPED, and what writing throws
 */
export async function importBucket(
  store: Store,
  source: Source,
  options: ImportOptions = {},
): Promise<Imported> {
  const { header, entries } = await checkExport(source);
  const name = options.bucket ?? header.bucket;
  const clock = options.clock ?? systemClock;
  const config = withDefaults(header.config, options.without ?? []);
  const { bucket, undo } = await begin(store, { name, config, mark: importMark(clock.now()) });
  try {
    const writer = new ImportWriter(bucket, await bucket.status(), clock);
    let skipped = 0;
    for await (const entry of entriesOf(source)) {
      checkSignal(options.signal, name);
      if (isKey(entry.key)) await take(writer, entry, (done) => options.progress?.(done + skipped, entries));
      else skipped += 1;
    }
    await writer.flush();
    options.progress?.(writer.done + skipped, entries);
    await store.editBucket(name, { description: config.description ?? "" });
    return { bucket: name, ...writer.written, skipped };
  } catch (error) {
    // The first failure is the one to report; a store that is gone cannot be cleaned.
    const isUndone = await undo().then(
      () => true,
      () => false,
    );
    throw isUndone ? error : leftBehind(name, error);
  }
}

interface Target {
  readonly name: string;
  readonly config: Partial<BucketConfig>;
  readonly mark: string;
}

interface Begun {
  readonly bucket: Bucket;
  /** Makes the store as it was before. */
  readonly undo: () => Promise<unknown>;
}

/** The bucket, marked as incomplete before its first entry is written. */
async function begin(store: Store, { name, config, mark }: Target): Promise<Begun> {
  const found = (await store.listBuckets()).find(({ bucket }) => bucket === name);
  if (!found) {
    const bucket = await store.createBucket(name, { ...config, description: mark });
    return { bucket, undo: () => store.destroyBucket(name) };
  }
  checkComplete(name, found);
  const bucket = await store.createBucket(name, config);
  if ((await bucket.status()).values > 0) throw notEmpty(name);
  await store.editBucket(name, { description: mark });
  const undo = async () => {
    await bucket.empty();
    await store.editBucket(name, { description: config.description ?? "" });
  };
  return { bucket, undo };
}

async function take(
  writer: ImportWriter,
  entry: TransferEntry,
  progress: (done: number) => void,
): Promise<void> {
  if (await writer.add(entry)) progress(writer.done);
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
  throw new MachinistError("STOPPED", `the import into bucket ${name} was interrupted`);
}

function leftBehind(name: string, cause: unknown): MachinistError {
  return new MachinistError(
    codeOf(cause),
    `${messageOf(cause)}. Bucket ${name} is incomplete and marked as such: when the store is back, remove it ` +
      `(\`machinist kv rm ${name}\`) and import again`,
    { cause, details: { bucket: name } },
  );
}

function notEmpty(name: string): MachinistError {
  return new MachinistError(
    "BUCKET_EXISTS",
    `bucket ${name} has entries, expected none: import under another name, or empty it first`,
    { details: { bucket: name } },
  );
}
