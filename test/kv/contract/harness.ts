/** What the contract suite needs of an engine, and the short notation in which its cases are written. */
import { afterEach, beforeEach, expect } from "vitest";
import type { Bucket, BucketConfig, Entry, Store, Watch, WatchItem } from "../../../src/kv/store.ts";

/** A store of its own for each case. */
export interface RunningStore {
  readonly store: Store;
  /** Closes the store and opens the same data again. */
  reopen(): Promise<Store>;
  /**
   * Lets time go by, as the store sees it: simulated, or by waiting where the engine's time is not in our hands. What had to
   * happen at least half a second before the end of it has happened.
   */
  elapse(ms: number): Promise<void>;
  /** The store's time, ms since 1970. */
  now(): number;
  /** Removes everything. */
  end(): Promise<void>;
}

/** What an engine may be without; it says UNSUPPORTED then. */
export type Feature = "compression" | "metadata" | "maxBytes" | "markers";

export interface EngineUnderTest {
  readonly name: string;
  readonly lacks?: readonly Feature[];
  /** Of every bucket whose case does not say otherwise; default: 1. */
  readonly replicas?: number;
  start(): Promise<RunningStore>;
}

/** The store of the case that runs. */
export interface Case {
  readonly running: RunningStore;
  readonly store: Store;
  /** A fresh bucket of the case, with history 1 unless stated. */
  bucket(config?: Partial<BucketConfig>): Promise<Bucket>;
}

/** To be called in a `describe`: opens a store before each case and removes it after. */
export function eachCase(engine: EngineUnderTest): Case {
  let running: RunningStore | undefined;
  let buckets = 0;
  const current = (): RunningStore => {
    if (!running) throw new Error("no case runs");
    return running;
  };
  beforeEach(async () => {
    running = await engine.start();
  });
  afterEach(async () => {
    await running?.end();
    running = undefined;
  });
  return {
    get running() {
      return current();
    },
    get store() {
      return current().store;
    },
    bucket: (config) => current().store.createBucket(`case-${++buckets}`, config),
  };
}

/** Whether the engine has the feature; one that lacks it must refuse `config`, and make no bucket. */
export async function supports(
  engine: EngineUnderTest,
  feature: Feature,
  at: Case,
  config: Partial<BucketConfig>,
): Promise<boolean> {
  if (!engine.lacks?.includes(feature)) return true;
  expect(await codeFrom(() => at.bucket(config))).toBe("UNSUPPORTED");
  expect(await at.store.listBuckets()).toEqual([]);
  return false;
}

/**
 * Writes over a key of a full bucket. Where buckets have replicas the server refuses it: the leader counts the new message before
 * it knows what that removes.
 * @returns the bucket's last revision then
 */
export async function overwriteInFullBucket(
  { replicas = 1 }: EngineUnderTest,
  bucket: Bucket,
  key: string,
): Promise<number> {
  if (replicas === 1) return bucket.put(key, "1");
  expect(await codeFrom(() => bucket.put(key, "1"))).toBe("BUCKET_FULL");
  return (await bucket.status()).revision;
}

/** `PUT:a=hello@1/0`: operation, key, value, revision, delta; READY as it is. */
export function shown(item: WatchItem): string {
  if (item.operation === "READY") return "READY";
  const { operation, key, revision, delta } = item;
  return `${operation}:${key}=${item.string()}@${revision}/${delta}`;
}

export async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function historyOf(bucket: Bucket, filter?: string | readonly string[]): Promise<string[]> {
  return (await listed<Entry>(bucket.history(filter))).map(shown);
}

/** The next so many items of a watch. */
export async function taken(watch: Watch, count: number): Promise<string[]> {
  const items: string[] = [];
  while (items.length < count) {
    const { done, value } = await watch.next();
    if (done) break;
    items.push(shown(value));
  }
  return items;
}

/** Everything up to READY, then stops. */
export async function initial(watch: Watch): Promise<string[]> {
  const items: string[] = [];
  for await (const item of watch) {
    items.push(shown(item));
    if (item.operation === "READY") break;
  }
  return items;
}

/** The code with which something fails; "nothing" when it does not. */
export async function codeFrom(work: () => unknown): Promise<unknown> {
  try {
    await work();
    return "nothing";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}
