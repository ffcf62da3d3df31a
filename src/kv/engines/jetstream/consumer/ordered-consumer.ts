/**
 * Everything that matches, in order and once, for as long as it is wanted: an ephemeral push consumer that is made anew,
 * from where it was, whenever a message is missing, the server forgot it, or the connection was lost.
 */
import type { ConsumerInfo } from "@nats-io/jetstream";
import type { Msg, Subscription } from "nats";
import { Backoff } from "../../../../lib/backoff.ts";
import { type CancelTimer, sleep } from "../../../../lib/clock.ts";
import { codeOf, messageOf } from "../../../../lib/errors.ts";
import type { Link } from "../link.ts";
import type { LiveBucket } from "../live-bucket.ts";
import { deliveredOf } from "../messages.ts";
import { type PushConfig, pushConfig, type Wanted } from "./config.ts";
import { lastAtLeader } from "./leader.ts";
import type { ServedBy } from "./lost.ts";
import type { Sink } from "./sink.ts";

/** After so many heartbeats without a sign the consumer is made anew. */
const mostMissedHeartbeats = 2.5;
const longestRetryMs = 10_000;
const longestEndLookMs = 2000;

export class OrderedConsumer {
  readonly #link: Link;
  readonly #bucket: LiveBucket;
  readonly #wanted: Wanted;
  readonly #sink: Sink;
  readonly #backoff = new Backoff(longestRetryMs);
  readonly #endBackoff = new Backoff(longestEndLookMs);
  readonly #undo: () => void;
  readonly #stopped = new AbortController();
  /** Counts the beginnings: what belongs to an earlier one is stale. */
  #turn = 0;
  #servedBy: ServedBy | undefined;
  #subscription: Subscription | undefined;
  /** The highest revision that was handed on; undefined before the first beginning of "new". */
  #position: number | undefined;
  #isLive = false;
  /** The last matching revision that the bucket's leader had when this began: the consumer's own replica may lag behind it. */
  #promised = 0;
  #deliveries = 0;
  /** Messages that overtook the answer which says how many there are. */
  #early: Msg[] | undefined;
  /** The server waits for an answer here before it sends more. */
  #owed: string | undefined;
  #heardAt = 0;
  #cancelWatchdog: CancelTimer | undefined;
  #waiting: { upTo: number; tell: () => void } | undefined;

  constructor(link: Link, bucket: LiveBucket, wanted: Wanted, sink: Sink) {
    this.#link = link;
    this.#bucket = bucket;
    this.#wanted = wanted;
    this.#sink = sink;
    this.#position = typeof wanted.from === "number" ? wanted.from - 1 : undefined;
    this.#undo = link.onReconnect(() => void this.#restart());
  }

  /** Resolves when the server has the consumer, or the first attempt has failed. */
  async open(): Promise<void> {
    await this.#begin();
    this.#watch();
  }

  /** Everything that the bucket's leader had when this began was handed on. */
  get isComplete(): boolean {
    return (this.#position ?? 0) >= this.#promised;
  }

  /** What was there has been handed on up to this revision: go on behind it. */
  live(position: number): void {
    this.#isLive = true;
    this.#position = Math.max(this.#position ?? 0, position);
  }

  /** Asks the server whether it has anything more, and tells the sink when it has not. */
  async confirmEnd(): Promise<void> {
    const turn = this.#turn;
    // An answer that does not come is no end: the look for it goes on.
    const left = await this.#left().catch(() => 1);
    if (turn === this.#turn && !this.#isLive && left <= 0) this.#sink.idle();
  }

  /** The sink has room again. */
  resume(): void {
    const owed = this.#owed;
    this.#owed = undefined;
    if (owed !== undefined) this.#link.connection.publish(owed);
  }

  /** The consumer that feeds it; undefined while there is none that the server has confirmed. */
  get servedBy(): ServedBy | undefined {
    return this.#early ? undefined : this.#servedBy;
  }

  /** This consumer delivers nothing more: makes another, unless that is done already. */
  replace(lost: ServedBy): void {
    if (lost === this.#servedBy && this.#link.isConnected) void this.#restart();
  }

  /** Waits until everything that the server has for it now has arrived, unless the sink is full. */
  async caughtUp(limitMs: number): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    const left = await this.#left();
    if (left <= 0 || this.#sink.isFull) return;
    const upTo = this.#deliveries + left;
    const limit = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      this.#waiting = { upTo, tell: resolve };
    });
    await Promise.race([arrived, sleep(this.#link.clock, limitMs, limit.signal).catch(() => undefined)]);
    limit.abort();
  }

  stop(): void {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#turn++;
    this.#undo();
    this.#cancelWatchdog?.();
    this.#waiting?.tell();
    this.#drop();
  }

  async #begin(): Promise<void> {
    const turn = ++this.#turn;
    try {
      this.#drop();
      const info = await this.#bucket.look();
      if (turn !== this.#turn) return;
      this.#position ??= this.#wanted.from === "new" ? info.state.last_seq : 0;
      const config = this.#config();
      this.#deliveries = 0;
      this.#early = [];
      this.#listen(config.deliver_subject, turn);
      // After `look`, so that nothing up to the revision that it told is missed.
      const [made, last] = await Promise.all([this.#make(config), this.#isLive ? 0 : this.#lastAtLeader()]);
      if (turn !== this.#turn) return;
      this.#servedBy = { name: config.name, node: made.cluster?.leader };
      this.#promised = last;
      this.#heardAt = this.#link.clock.now();
      this.#backoff.reset();
      this.#sink.began(made.num_pending, info.state.last_seq);
      const early = this.#early;
      this.#early = undefined;
      for (const message of early) if (turn === this.#turn) this.#receive(message);
      if (!this.#isLive) void this.#lookForTheEnd(turn);
    } catch (error) {
      if (turn === this.#turn) this.#retry(error);
    }
  }

  /**
   * Entries that are removed while all are read leave no trace: the count never comes to its end. And a consumer on a replica
   * that lags behind ends too early: it is made again, until one has everything that the leader has.
   */
  async #lookForTheEnd(turn: number): Promise<void> {
    const isOpen = (): boolean => turn === this.#turn && !this.#isLive && this.#servedBy !== undefined;
    while (isOpen()) {
      try {
        await sleep(this.#link.clock, this.#endBackoff.next(Math.random()), this.#stopped.signal);
        if (isOpen()) await this.#lookOnceForTheEnd(isOpen);
      } catch {
        // Stopped, or the server is away: the next beginning looks again.
        if (this.#stopped.signal.aborted) return;
      }
    }
  }

  async #lookOnceForTheEnd(isOpen: () => boolean): Promise<void> {
    if (this.#sink.isFull || (await this.#left()) > 0 || !isOpen()) return;
    if (!this.isComplete) {
      // The last entry may have been removed meanwhile.
      this.#promised = Math.min(this.#promised, await this.#lastAtLeader());
      if (!isOpen()) return;
    }
    if (this.isComplete) this.#sink.idle();
    else void this.#restart();
  }

  /** So many messages has the server for it that have not arrived. */
  async #left(): Promise<number> {
    const name = this.#servedBy?.name;
    if (name === undefined) return 0;
    const { delivered, num_pending } = await this.#link.jsm.consumers.info(this.#bucket.stream, name);
    return delivered.consumer_seq + num_pending - this.#deliveries;
  }

  readonly #lastAtLeader = () => lastAtLeader(this.#link, this.#bucket, this.#wanted.filters);

  async #make(config: PushConfig): Promise<ConsumerInfo> {
    const { stream } = this.#bucket;
    this.#servedBy = { name: config.name, node: undefined };
    try {
      return await this.#link.jsm.consumers.add(stream, config);
    } catch (error) {
      throw this.#bucket.failed(error, `watching bucket ${this.#bucket.name}`);
    }
  }

  #config(): PushConfig {
    const { filters, from, metaOnly } = this.#wanted;
    const { heartbeatMs } = this.#link;
    const subjects = filters.map((filter) => this.#bucket.subjects.of(filter));
    // Until all that was there has come, what has come already is skipped by the sink.
    const isFirst = from === "newest" && !this.#isLive;
    return pushConfig(subjects, isFirst ? "newest" : (this.#position ?? 0) + 1, { metaOnly, heartbeatMs });
  }

  #listen(inbox: string, turn: number): void {
    this.#subscription = this.#link.connection.subscribe(inbox, {
      callback: (error, message) => {
        if (turn !== this.#turn) return;
        if (error) this.#retry(this.#bucket.failed(error, `watching bucket ${this.#bucket.name}`));
        else if (message.subject === inbox) this.#control(message);
        else if (this.#early) this.#early.push(message);
        else this.#receive(message);
      },
    });
  }

  #receive(message: Msg): void {
    this.#heardAt = this.#link.clock.now();
    const place = deliveredOf(message);
    if (!place) return;
    if (place.delivery !== this.#deliveries + 1) {
      void this.#restart();
      return;
    }
    this.#deliveries = place.delivery;
    // One that was handed on before a restart still counts as seen by the sink, which knows what it has.
    this.#position = Math.max(this.#position ?? 0, place.revision);
    this.#sink.message(message, place);
    if (this.#waiting && this.#deliveries >= this.#waiting.upTo) this.#waiting.tell();
  }

  /** A message of the server about the consumer itself. */
  #control(message: Msg): void {
    this.#heardAt = this.#link.clock.now();
    const { headers } = message;
    if (headers?.code !== 100) {
      void this.#retryLater();
      return;
    }
    const stalled = message.reply || headers.get("Nats-Consumer-Stalled");
    if (stalled) {
      this.#owed = stalled;
      if (!this.#sink.isFull) this.resume();
    }
    const sent = Number(headers.get("Nats-Last-Consumer") || 0);
    if (!this.#early && sent > this.#deliveries) void this.#restart();
  }

  #retry(error: unknown): void {
    const failed = error instanceof Error ? error : new Error(String(error));
    if (codeOf(failed) === "BUCKET_NOT_FOUND" || !this.#wanted.patient) {
      this.#sink.failed(failed);
      return;
    }
    this.#link.log.warn("a watch cannot go on, trying again", {
      bucket: this.#bucket.name,
      error: messageOf(failed),
    });
    void this.#retryLater();
  }

  async #retryLater(): Promise<void> {
    const turn = ++this.#turn;
    this.#drop();
    try {
      await sleep(this.#link.clock, this.#backoff.next(Math.random()), this.#stopped.signal);
    } catch {
      return;
    }
    if (turn === this.#turn && this.#link.isConnected) await this.#begin();
  }

  /** While the connection is lost its return is waited for. */
  async #restart(): Promise<void> {
    if (!this.#stopped.signal.aborted) await this.#begin();
  }

  #watch(): void {
    if (this.#stopped.signal.aborted) return;
    const { heartbeatMs } = this.#link;
    this.#cancelWatchdog = this.#link.clock.after(
      heartbeatMs,
      () => {
        const isSilent = this.#link.clock.now() - this.#heardAt > heartbeatMs * mostMissedHeartbeats;
        if (isSilent && this.#link.isConnected) void this.#restart();
        this.#watch();
      },
      { background: true },
    );
  }

  #drop(): void {
    const name = this.#servedBy?.name;
    this.#servedBy = undefined;
    this.#owed = undefined;
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    if (name === undefined || !this.#link.isConnected) return;
    // A courtesy: the server forgets it anyway.
    this.#link.jsm.consumers.delete(this.#bucket.stream, name).catch(() => undefined);
  }
}
