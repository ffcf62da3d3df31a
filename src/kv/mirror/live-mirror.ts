/** The mirror at work: a view that is always whole, kept up to date by a follower of the bucket. */
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import type { Codec } from "../codec.ts";
import type { Entry, Filter, Store } from "../store.ts";
import { BucketFollower } from "./bucket-follower.ts";
import { Contents } from "./contents.ts";
import { errorOf, Listeners, type MirrorEvents } from "./events.ts";
import { mirrorClosed, seenTooLate, tooManyKeys } from "./failures.ts";
import { type MirrorEntry, mirrorEntry, type Reading } from "./mirror-entry.ts";
import { Waiters } from "./waiters.ts";

/** `resyncing`: the view is an older one while a new one is read; `failed` and `closed` are for good. */
export type MirrorState = "loading" | "live" | "resyncing" | "failed" | "closed";

export interface Mirrored<T> {
  readonly store: Store;
  readonly bucket: string;
  readonly filter: Filter;
  /** undefined: keys and revisions only. */
  readonly codec: Codec<T> | undefined;
  readonly maxEntries: number;
  readonly checkEveryMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

const defaultWaitMs = 5000;

export class LiveMirror<T> {
  readonly ready: Promise<void>;
  readonly #options: Mirrored<T>;
  readonly #listeners = new Listeners<T>();
  readonly #waiters: Waiters;
  readonly #follower: BucketFollower;
  readonly #abort = (): void => this.#finish("closed", errorOf(this.#options.signal?.reason));
  #settleReady: (failure?: Error) => void = () => undefined;
  #reading: Reading<T>;
  #view: Contents<T>;
  /** What a snapshot has brought so far: nobody sees it before it is whole. */
  #staged: Contents<T> | undefined;
  #state: MirrorState = "loading";
  #revision = 0;
  /** Why it is over. */
  #end: Error | undefined;
  #cancelCheck: CancelTimer | undefined;
  #cancelExpiry: CancelTimer | undefined;
  /** When the timer of the next expiry fires. */
  #expiryAt = Number.POSITIVE_INFINITY;

  constructor(options: Mirrored<T>) {
    this.#options = options;
    this.#view = new Contents(options.clock);
    this.#reading = this.#readingOf(0);
    this.#waiters = new Waiters(options.clock);
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = (failure) => (failure ? reject(failure) : resolve());
    });
    // Whoever does not wait for it learns of a failure from the state, and from `error`.
    this.ready.catch(() => undefined);
    this.#follower = new BucketFollower(
      { ...options, metaOnly: options.codec === undefined },
      {
        snapshot: ({ ttlMs }) => this.#beginSnapshot(ttlMs),
        entry: (entry) => this.#take(entry),
        ready: (revision) => this.#complete(revision),
        lost: (error) => this.#lost(error),
        failed: (error) => this.#finish("failed", error),
      },
    );
    options.signal?.addEventListener("abort", this.#abort);
    if (options.signal?.aborted) this.#abort();
    else this.#follower.start();
  }

  get bucket(): string {
    return this.#options.bucket;
  }

  get state(): MirrorState {
    return this.#state;
  }

  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#view.countLive();
  }

  get(key: string): T | undefined {
    return this.entry(key)?.value;
  }

  entry(key: string): MirrorEntry<T> | undefined {
    return this.#view.live(key);
  }

  has(key: string): boolean {
    return this.entry(key) !== undefined;
  }

  keys(): IterableIterator<string> {
    const keys = this.#view.allLive().map(({ key }) => key);
    return keys.values();
  }

  [Symbol.iterator](): IterableIterator<MirrorEntry<T>> {
    return this.#view.allLive().values();
  }

  on<Name extends keyof MirrorEvents<T>>(
    event: Name,
    listener: (event: MirrorEvents<T>[Name]) => void,
  ): () => void {
    return this.#listeners.on(event, listener);
  }

  async waitFor(
    revision: number,
    options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
  ): Promise<void> {
    const { signal, timeoutMs = defaultWaitMs } = options;
    signal?.throwIfAborted();
    if (this.#end) throw this.#end;
    if (this.#state === "live" && revision <= this.#revision) return;
    const late = () => seenTooLate(this, revision, timeoutMs);
    const waiting = this.#waiters.add(revision, { signal, timeoutMs, late });
    // What a filter leaves out never comes: the bucket has to say how far it is.
    if (this.#options.filter !== ">") this.#follower.confirm();
    await waiting;
  }

  async close(): Promise<void> {
    this.#finish("closed", mirrorClosed(this.bucket));
    await this.#follower.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #readingOf(ttlMs: number): Reading<T> {
    const failed = (thrown: unknown) => this.#listeners.tell("error", { error: errorOf(thrown) });
    return { codec: this.#options.codec, ttlMs, failed };
  }

  #beginSnapshot(ttlMs: number): void {
    this.#reading = this.#readingOf(ttlMs);
    this.#staged = new Contents(this.#options.clock);
    if (this.#state === "live") this.#resync(undefined);
  }

  #resync(cause: Error | undefined): void {
    this.#state = "resyncing";
    this.#listeners.tell("resync", { cause });
  }

  #lost(error: Error): void {
    this.#listeners.tell("error", { error });
    if (this.#state === "live") this.#resync(error);
  }

  #take(entry: Entry): void {
    const contents = this.#staged ?? this.#view;
    const isSeen = contents === this.#view;
    if (isSeen) this.#revision = entry.revision;
    if (entry.operation === "PUT") {
      const previous = contents.held(entry.key);
      const held = mirrorEntry(entry, this.#reading);
      contents.set(held);
      if (contents.size > this.#options.maxEntries) {
        this.#finish("failed", tooManyKeys(this.bucket, this.#options.maxEntries));
        return;
      }
      if (isSeen) this.#listeners.tell("set", { entry: held, previous });
    } else {
      const previous = contents.remove(entry.key);
      if (isSeen && previous) this.#listeners.tell("delete", { key: entry.key, previous });
    }
    if (!isSeen) return;
    this.#armExpiry();
    this.#waiters.reached(this.#revision);
  }

  #complete(revision: number): void {
    const before = this.#view;
    this.#view = this.#staged ?? before;
    this.#revision = revision;
    const isNew = this.#staged !== undefined;
    this.#staged = undefined;
    this.#state = "live";
    this.#armExpiry();
    this.#armCheck();
    if (isNew) this.#tellDifferences(before, this.#view);
    if (isNew) this.#listeners.tell("ready", { revision });
    this.#settleReady();
    this.#waiters.reached(revision);
  }

  #tellDifferences(before: Contents<T>, after: Contents<T>): void {
    for (const previous of before.all()) {
      if (!after.held(previous.key)) this.#listeners.tell("delete", { key: previous.key, previous });
    }
    for (const entry of after.all()) {
      const previous = before.held(entry.key);
      // A bucket that was made again counts from 1 again.
      const isSame =
        previous?.revision === entry.revision && previous.created.getTime() === entry.created.getTime();
      if (!isSame) this.#listeners.tell("set", { entry, previous });
    }
  }

  /** Ends are silent in many buckets: the mirror knows them by itself. */
  #armExpiry(): void {
    const at = this.#view.nextEnd ?? Number.POSITIVE_INFINITY;
    if (at === this.#expiryAt) return;
    this.#cancelExpiry?.();
    this.#cancelExpiry = undefined;
    this.#expiryAt = at;
    if (at === Number.POSITIVE_INFINITY || this.#end) return;
    const { clock } = this.#options;
    this.#cancelExpiry = clock.after(at - clock.now(), () => this.#expire(), {
      background: true,
    });
  }

  #expire(): void {
    this.#expiryAt = Number.POSITIVE_INFINITY;
    for (const previous of this.#view.removeEnded()) {
      this.#listeners.tell("delete", { key: previous.key, previous });
    }
    this.#armExpiry();
  }

  /** So is what empties a bucket, or gives it another ttl. */
  #armCheck(): void {
    this.#cancelCheck?.();
    const { clock, checkEveryMs } = this.#options;
    this.#cancelCheck = this.#end
      ? undefined
      : clock.after(checkEveryMs, () => void this.#check(), { background: true });
  }

  async #check(): Promise<void> {
    try {
      if ((await this.#hasOtherTtl()) || (await this.#hasVanished())) this.#follower.startOver();
      else if (this.#waiters.size > 0) this.#follower.confirm();
    } catch (thrown) {
      this.#listeners.tell("error", { error: errorOf(thrown) });
    }
    this.#armCheck();
  }

  async #hasOtherTtl(): Promise<boolean> {
    const { bucket } = this.#follower;
    const status = await bucket?.status();
    return status !== undefined && this.#follower.bucket === bucket && status.ttlMs !== this.#reading.ttlMs;
  }

  /** Whatever removes entries silently takes the oldest first: when that one is there, all are. */
  async #hasVanished(): Promise<boolean> {
    const { bucket } = this.#follower;
    const { oldest } = this.#view;
    if (!bucket || !oldest) return false;
    const found = await bucket.entry(oldest.key);
    if (this.#follower.bucket !== bucket || this.#view.held(oldest.key) !== oldest) return false;
    return !found || (found.revision !== oldest.revision && found.revision <= this.#revision);
  }

  #finish(state: "failed" | "closed", error: Error): void {
    if (this.#end) return;
    this.#end = error;
    this.#state = state;
    this.#staged = undefined;
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#cancelCheck?.();
    this.#cancelExpiry?.();
    void this.#follower.stop();
    this.#settleReady(error);
    this.#waiters.fail(error);
    if (state === "failed") this.#listeners.tell("error", { error });
    this.#listeners.clear();
  }
}
