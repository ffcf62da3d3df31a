/** A watch of one bucket: what is there, READY, what comes. Also how keys and history are read: up to READY. */
import type { Msg } from "nats";
import { DeliveredWatch } from "../../delivered-watch.ts";
import { entryWith } from "../../entry.ts";
import type { WatchOptions } from "../../store.ts";
import type { Wanted } from "./consumer/config.ts";
import type { ServedBy } from "./consumer/lost.ts";
import { OrderedConsumer } from "./consumer/ordered-consumer.ts";
import type { Sink } from "./consumer/sink.ts";
import type { Link } from "./link.ts";
import type { Follower, LiveBucket } from "./live-bucket.ts";
import { type Delivered, entryOfDelivered } from "./messages.ts";
import type { ServerFilter } from "./server-filter.ts";

/** A reader that is further behind makes the server wait. */
const mostQueued = 1000;
const mostQueuedBytes = 8_388_608;

export interface StreamWatchOptions extends WatchOptions {
  /** Ends when it cannot begin or go on at once, and tells how many entries are still to come before READY. */
  readonly readOnly?: boolean;
  /** Called once, when the watch has ended for whatever reason. */
  readonly ended?: (watch: StreamWatch) => void;
}

export class StreamWatch extends DeliveredWatch implements Sink, Follower {
  readonly #bucket: LiveBucket;
  readonly #filter: ServerFilter;
  readonly #options: StreamWatchOptions;
  readonly #consumer: OrderedConsumer;
  readonly #undo: () => void;
  /** Older entries were not asked for. Servers before 2.11 send them from a replica that lags behind. */
  readonly #from: number;
  #ready = false;
  /** Everything up to this revision was delivered or is not wanted. */
  #position = 0;
  /** The bucket's revision when the consumer began. */
  #upTo = 0;
  /** Messages that are still to come before READY. */
  #left = 0;
  #hasBegun = false;
  #settle: (() => void) | undefined;
  /**
   * Resolves when what was there has come, or as much as is queued, or the first attempt has failed. A write that is sent
   * sooner could take the place of an entry that is still to come.
   */
  readonly begun: Promise<void>;

  /** @throws INVALID_ARGUMENT for options that contradict each other; all else comes from the iterator */
  constructor(link: Link, bucket: LiveBucket, filter: ServerFilter, options: StreamWatchOptions) {
    super(options);
    this.#bucket = bucket;
    this.#filter = filter;
    this.#options = options;
    this.#from = options.resumeFromRevision ?? 0;
    const from = beginningOf(options);
    const metaOnly = options.metaOnly ?? false;
    const wanted = { filters: filter.asked, from, metaOnly, patient: !options.readOnly };
    this.#consumer = new OrderedConsumer(link, bucket, wanted, this);
    this.#undo = bucket.follow(this);
    this.begun = this.#begin();
  }

  async caughtUp(limitMs: number): Promise<void> {
    // What cannot be waited for is not: the bucket goes all the same.
    await this.#consumer.caughtUp(limitMs).catch(() => undefined);
  }

  get servedBy(): ServedBy | undefined {
    return this.#consumer.servedBy;
  }

  replace(lost: ServedBy): void {
    this.#consumer.replace(lost);
  }

  get isFull(): boolean {
    return this.delivery.length >= mostQueued || this.delivery.bytes >= mostQueuedBytes;
  }

  began(pending: number, upTo: number): void {
    this.#hasBegun = true;
    if (this.#ready) return;
    this.#upTo = upTo;
    this.#left = pending;
    const { updatesOnly, resumeFromRevision } = this.#options;
    if (updatesOnly && resumeFromRevision === undefined) {
      // A replica that lags behind would still send what came before.
      this.#position = Math.max(this.#position, upTo);
      this.#becomeReady();
    } else if (pending === 0) this.#countedDown();
  }

  message(message: Msg, place: Delivered): void {
    // An entry that is overwritten before its turn comes again later, behind new ones, which do not count.
    if (!this.#ready && place.revision <= this.#upTo) this.#left -= 1;
    if (place.revision > this.#position && place.revision >= this.#from) this.#deliver(message, place);
    if (!this.#ready && this.#left <= 0) this.#countedDown();
    if (!this.#ready && place.pending === 0) void this.#consumer.confirmEnd();
    if (this.isFull) this.#settle?.();
  }

  idle(): void {
    if (!this.#ready && this.#consumer.isComplete) this.#becomeReady();
  }

  failed(error: Error): void {
    this.end(error);
  }

  async #begin(): Promise<void> {
    if (this.#options.signal?.aborted) this.stop();
    else await this.#consumer.open();
    if (!this.#hasBegun || this.#ready || this.isOver || this.isFull) return;
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
    });
  }

  #deliver(message: Msg, place: Delivered): void {
    this.#position = place.revision;
    const { ignoreDeletes, metaOnly, readOnly } = this.#options;
    const entry = entryOfDelivered(this.#bucket, message, place, metaOnly ?? false);
    if (!this.#filter.exact && !this.#filter.keys.matches(entry.key)) return;
    if (ignoreDeletes && entry.operation !== "PUT") return;
    this.delivery.push(
      readOnly ? entryWith(entry, { delta: Math.max(0, Math.min(this.#left, place.pending)) }) : entry,
    );
  }

  #countedDown(): void {
    if (!this.#consumer.isComplete) return;
    // From a revision on older servers count too few, where entries in between are gone.
    if (this.#options.resumeFromRevision === undefined) this.#becomeReady();
    else void this.#consumer.confirmEnd();
  }

  #becomeReady(): void {
    this.#ready = true;
    const revision = Math.max(this.#upTo, this.#position);
    this.#position = Math.max(this.#position, this.#from - 1);
    this.#consumer.live(Math.max(revision, this.#position));
    this.delivery.push({ operation: "READY", revision });
    this.#settle?.();
  }

  protected asked(): void {
    if (!this.isFull) this.#consumer.resume();
  }

  protected released(): void {
    this.#settle?.();
    this.#undo();
    this.#consumer.stop();
    this.#options.ended?.(this);
  }
}

function beginningOf({ resumeFromRevision, updatesOnly, includeHistory }: WatchOptions): Wanted["from"] {
  if (resumeFromRevision !== undefined) return Math.max(1, resumeFromRevision);
  if (updatesOnly) return "new";
  return includeHistory ? 1 : "newest";
}
