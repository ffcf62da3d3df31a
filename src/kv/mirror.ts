/** A live copy of a bucket in memory, read without waiting. Written on the contract: any engine does. */
import { type Clock, systemClock } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import { bytes, type Codec } from "./codec.ts";
import type { MirrorEvents } from "./mirror/events.ts";
import { LiveMirror, type MirrorState } from "./mirror/live-mirror.ts";
import type { MirrorEntry } from "./mirror/mirror-entry.ts";
import { validateBucketName, validateFilter } from "./names.ts";
import type { Filter, Store } from "./store.ts";

export type { MirrorEntry, MirrorEvents, MirrorState };

/**
 * The newest values of a bucket's keys, as they were a moment ago. Reads never wait and never see half of anything: empty
 * before `ready`, whole afterwards. It follows the bucket through lost connections, through being emptied, and through being
 * destroyed and made again; until it has caught up it serves what it had. Entries end here when their time is over by this
 * host's clock. Close it: until then it watches.
 */
export interface Mirror<T> extends Iterable<MirrorEntry<T>>, AsyncDisposable {
  readonly bucket: string;
  /**
   * Resolves when the view is whole for the first time. Rejects with BUCKET_NOT_FOUND when there is no such bucket at first,
   * with STOPPED when it is closed before, with the signal's reason, or with what made the state `failed`.
   */
  readonly ready: Promise<void>;
  readonly state: MirrorState;
  /** Every change of the bucket up to this revision is in the view; 0 before the first. */
  readonly revision: number;
  /** How many keys have a value. */
  readonly size: number;
  /**
   * The value of a key; undefined when it has none, or none that the codec can read.
   * @example
   * await using config = openMirror(store, "CFG", { codec: json });
   * await config.ready;
   * config.get("no.such.key"); // => undefined
   */
  get(key: string): T | undefined;
  /**
   * Value, revision and times of a key.
   * @example
   * await bucket.put("role", "web");
   * await using config = openMirror(store, "CFG", { codec: text });
   * await config.ready;
   * config.entry("role")?.value; // => "web"
   */
  entry(key: string): MirrorEntry<T> | undefined;
  /**
   * Whether a key has a value.
   * @example
   * await using config = openMirror(store, "CFG");
   * await config.ready;
   * config.has("role"); // => false
   */
  has(key: string): boolean;
  /**
   * The keys at the moment of the call, the one written longest ago first; as iterating the mirror gives their entries.
   * @example
   * await bucket.put("a", "1");
   * await using config = openMirror(store, "CFG");
   * await config.ready;
   * [...config.keys()]; // => ["a"]
   */
  keys(): IterableIterator<string>;
  /**
   * Calls back after each change of the view, in its order. @returns undo
   * @example
   * await using config = openMirror(store, "CFG", { codec: text });
   * config.on("set", ({ entry }) => console.log(`${entry.key} is ${entry.value}`));
   * await config.waitFor(await bucket.put("role", "web")); // prints role is web
   */
  on<Name extends keyof MirrorEvents<T>>(
    event: Name,
    listener: (event: MirrorEvents<T>[Name]) => void,
  ): () => void;
  /**
   * Resolves when the view has what was written up to a revision: read your own writes. `timeoutMs` defaults to 5000.
   * @throws TIMEOUT, STOPPED, what made the state `failed`, or the signal's reason
   * @example
   * await using config = openMirror(store, "CFG", { codec: text });
   * await config.waitFor(await bucket.put("role", "web"));
   * config.get("role"); // => "web"
   */
  waitFor(
    revision: number,
    options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
  ): Promise<void>;
  /**
   * Ends it; what it had stays readable. Idempotent.
   * @example
   * const config = openMirror(store, "CFG");
   * await config.close();
   * config.state; // => "closed"
   */
  close(): Promise<void>;
}

export interface MirrorOptions {
  /** Which keys; default all. */
  readonly filter?: Filter;
  /** It fails rather than hold more keys than this; default no limit. */
  readonly maxEntries?: number;
  /** How often it looks whether the bucket was emptied or got another ttl, which no watch tells; default 5000 ms. */
  readonly checkEveryMs?: number;
  /** Closes it when aborted. */
  readonly signal?: AbortSignal;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Begins a mirror. Wait for its `ready`.
 *
 * Values are bytes, or what `codec` makes of them; one that it cannot read is told as `error`, and its entry has the `bytes`.
 * With `metaOnly` there are keys, revisions and lengths, no values: small, for buckets with large ones.
 * @throws INVALID_BUCKET, INVALID_KEY (filter), INVALID_ARGUMENT at once; all else from `ready` and by `error`
 * @example
 * await bucket.put("limits", '{"jobs":4}');
 * await using config = openMirror(store, "CFG", { codec: json });
 * await config.ready;
 * config.get("limits"); // => { jobs: 4 }
 */
export function openMirror<T>(
  store: Store,
  bucket: string,
  options: MirrorOptions & { readonly codec: Codec<T> },
): Mirror<T>;
/**
 * @example
 * await bucket.put("report", "a long text");
 * await using names = openMirror(store, "CFG", { metaOnly: true });
 * await names.ready;
 * names.entry("report")?.length; // => 11
 */
export function openMirror(
  store: Store,
  bucket: string,
  options: MirrorOptions & { readonly metaOnly: true },
): Mirror<undefined>;
/**
 * @example
 * await bucket.put("role", "web");
 * await using bytes = openMirror(store, "CFG", { filter: "role" });
 * await bytes.ready;
 * Buffer.from(bytes.get("role") ?? []).toString(); // => "web"
 */
export function openMirror(store: Store, bucket: string, options?: MirrorOptions): Mirror<Uint8Array>;
export function openMirror(
  store: Store,
  bucket: string,
  options: MirrorOptions & { readonly codec?: Codec<unknown>; readonly metaOnly?: true } = {},
): Mirror<unknown> {
  const { filter = ">", maxEntries = Number.POSITIVE_INFINITY, checkEveryMs = 5000, metaOnly } = options;
  validateBucketName(bucket);
  validateFilter(filter);
  checkPositive("maxEntries", maxEntries);
  checkPositive("checkEveryMs", checkEveryMs);
  const codec = metaOnly ? undefined : (options.codec ?? bytes);
  const { clock = systemClock, signal } = options;
  return new LiveMirror<unknown>({ store, bucket, filter, codec, maxEntries, checkEveryMs, clock, signal });
}

function checkPositive(name: string, value: number): void {
  if (value >= 1) return;
  throw new MachinistError("INVALID_ARGUMENT", `${name} is ${value}, expected a number from 1`);
}
