/** Follows one bucket by its name for as long as it is wanted, whatever becomes of it. Knows nothing of what is made of that. */
import { Backoff } from "../../lib/backoff.ts";
import { type Clock, sleep } from "../../lib/clock.ts";
import { codeOf } from "../../lib/errors.ts";
import type { Bucket, BucketStatus, Entry, Filter, Store, Watch } from "../store.ts";
import { errorOf } from "./events.ts";

export interface Followed {
  readonly store: Store;
  readonly bucket: string;
  readonly filter: Filter;
  readonly metaOnly: boolean;
  readonly clock: Clock;
}

export interface Sink {
  /** All that exists comes next, then `ready`, then what is new. */
  snapshot(status: BucketStatus): void;
  entry(entry: Entry): void;
  /** Everything up to this revision has come. */
  ready(revision: number): void;
  /** It broke off, and begins again with a snapshot. */
  lost(error: Error): void;
  /** It broke off for good. */
  failed(error: Error): void;
}

const longestRetryMs = 10_000;

export class BucketFollower {
  readonly #followed: Followed;
  readonly #sink: Sink;
  readonly #stopped = new AbortController();
  readonly #backoff = new Backoff(longestRetryMs);
  #watch: Watch | undefined;
  #bucket: Bucket | undefined;
  #isReady = false;
  #wasEverReady = false;
  /** The highest revision up to which everything has come. */
  #position = 0;
  /** What to do when the watch that runs ends without an error. */
  #asked: "resume" | "snapshot" | undefined;
  #running: Promise<void> | undefined;

  constructor(followed: Followed, sink: Sink) {
    this.#followed = followed;
    this.#sink = sink;
  }

  /** The bucket that is followed now; undefined while all that exists is still to come. */
  get bucket(): Bucket | undefined {
    return this.#isReady ? this.#bucket : undefined;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Never rejects. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#watch?.stop();
    await this.#running;
  }

  /** Begins again with a snapshot. */
  startOver(): void {
    this.#ask("snapshot");
  }

  /** Has `ready` tell once more, of the bucket as it is now, without a snapshot. */
  confirm(): void {
    if (this.#asked === undefined) this.#ask("resume");
  }

  #ask(what: "resume" | "snapshot"): void {
    this.#asked = what;
    // While all that exists still comes, the watch goes on to its end first.
    if (this.#isReady) this.#watch?.stop();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#follow();
      } catch (thrown) {
        this.#isReady = false;
        if (this.#stopped.signal.aborted) return;
        const error = errorOf(thrown);
        if (this.#isFinal(error)) {
          this.#sink.failed(error);
          return;
        }
        this.#sink.lost(error);
        await this.#untilWorthwhile(error).catch(() => undefined);
      }
    }
  }

  /** A bucket that never was there is a mistake of the caller; one that went away may come again. */
  #isFinal(error: Error): boolean {
    const code = codeOf(error);
    return code === "STORE_CLOSED" || (code === "BUCKET_NOT_FOUND" && !this.#wasEverReady);
  }

  async #untilWorthwhile(error: Error): Promise<void> {
    const { store, bucket, clock } = this.#followed;
    const { signal } = this.#stopped;
    if (codeOf(error) === "BUCKET_NOT_FOUND") await store.whenBucketExists(bucket, signal);
    else await sleep(clock, this.#backoff.next(Math.random()), signal);
  }

  /** One bucket, from a snapshot on, until it breaks off or another snapshot is asked for. */
  async #follow(): Promise<void> {
    const bucket = await this.#followed.store.openBucket(this.#followed.bucket);
    const status = await bucket.status();
    if (this.#stopped.signal.aborted) return;
    this.#bucket = bucket;
    this.#sink.snapshot(status);
    await this.#deliver(bucket, undefined);
    while (this.#asked === "resume" && !this.#stopped.signal.aborted) {
      await this.#deliver(bucket, this.#position + 1);
    }
  }

  async #deliver(bucket: Bucket, from: number | undefined): Promise<void> {
    this.#asked = undefined;
    this.#isReady = false;
    const { filter, metaOnly } = this.#followed;
    const onward = from === undefined ? {} : { resumeFromRevision: from };
    const watch = bucket.watch(filter, { metaOnly, ...onward });
    this.#watch = watch;
    for await (const item of watch) {
      // What was queued when it was stopped comes again.
      if (this.#stopped.signal.aborted || (this.#isReady && this.#asked)) break;
      if (item.operation === "READY") this.#becomeReady(item.revision);
      else this.#hand(item, from !== undefined);
    }
    this.#isReady = false;
  }

  #hand(entry: Entry, isOnward: boolean): void {
    // A snapshot is complete with READY only: before it there is no position to go on from.
    if (this.#isReady || isOnward) this.#position = entry.revision;
    this.#sink.entry(entry);
  }

  #becomeReady(revision: number): void {
    this.#isReady = true;
    this.#wasEverReady = true;
    this.#position = revision;
    this.#backoff.reset();
    this.#sink.ready(revision);
    if (this.#asked) this.#watch?.stop();
  }
}
