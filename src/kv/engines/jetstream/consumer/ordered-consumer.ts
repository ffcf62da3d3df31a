/**
 * Everything that matches, in order and once, for as long as it is wanted: an ephemeral push consumer that is made anew,
 * from where it was, whenever a message is missing, the server forgot it, or the connection was lost.
 */
import type { ConsumerInfo, StreamInfo } from "@nats-io/jetstream";
import type { Msg, Subscription } from "nats";
import { Backoff } from "../../../../lib/backoff.ts";
import { sleep } from "../../../../lib/clock.ts";
import { codeOf, messageOf } from "../../../../lib/errors.ts";
import type { Link } from "../link.ts";
import type { LiveBucket } from "../live-bucket.ts";
import { deliveredOf } from "../messages.ts";
import { Arrivals } from "./arrivals.ts";
import { type PushConfig, pushConfig, type Wanted } from "./config.ts";
import { lastAtLeader } from "./leader.ts";
import { isBehind, type ServedBy } from "./lost.ts";
import type { Sink } from "./sink.ts";
import { Watchdog } from "./watchdog.ts";

/** A busy bucket has replicas that lag behind at any time. */
const mostMoves = 20;
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
  readonly #arrivals = new Arrivals();
  readonly #stopped = new AbortController();
  readonly #watchdog: Watchdog;
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
  /** A watch hears later what its replica does not have yet. */
  #mayLag: boolean;
  #moves = 0;
  #isConfirming = false;
  /** Messages that overtook the answer which says how many there are. */
  #early: Msg[] | undefined;
  /** The server waits for an answer here before it sends more. */
  #owed: string | undefined;

  constructor(link: Link, bucket: LiveBucket, wanted: Wanted, sink: Sink) {
    this.#link = link;
    this.#bucket = bucket;
    this.#wanted = wanted;
    this.#sink = sink;
    this.#mayLag = wanted.patient;
    this.#position = typeof wanted.from === "number" ? wanted.from - 1 : undefined;
    this.#watchdog = new Watchdog(link, () => {
      if (link.isConnected) void this.#restart();
    });
    this.#undo = link.onReconnect(() => void this.#restart());
  }

  /** Resolves when the server has the consumer, or the first attempt has failed. */
  async open(): Promise<void> {
    await this.#begin();
    if (!this.#stopped.signal.aborted) this.#watchdog.start();
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
    if (this.#isConfirming) return;
    this.#isConfirming = true;
    const turn = this.#turn;
    // An answer that does not come is no end: the look for it goes on.
    await this.#lookOnceForTheEnd(turn).catch(() => undefined);
    this.#isConfirming = false;
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

  /** Waits until everything that the bucket's leader has for it now has arrived, unless the sink is full. */
  async caughtUp(limitMs: number): Promise<void> {
    const upTo = this.#stopped.signal.aborted ? 0 : await this.#lastAtLeader();
    if ((this.#position ?? 0) >= upTo || this.#sink.isFull) return;
    if ((await this.#left()) <= 0) {
      // The replica of its node lags behind: another one has the rest.
      this.#mayLag = false;
      void this.#restart();
    }
    await this.#arrivals.wait(upTo, this.#link.clock, limitMs);
  }

  stop(): void {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#turn++;
    this.#undo();
    this.#watchdog.stop();
    this.#arrivals.end();
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
      if (this.#mayMove(info, made)) return await this.#begin();
      this.#servedBy = { name: config.name, node: made.cluster?.leader };
      this.#promised = last;
      this.#watchdog.heard();
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
   * A replica that lags behind still has entries that the leader has removed, and who reads once sees no later change. The server
   * chooses the node, that of the leader as likely as any.
   */
  #mayMove(info: StreamInfo, made: ConsumerInfo): boolean {
    const mayMove = !this.#mayLag && this.#moves < mostMoves && isBehind(info, made.cluster?.leader);
    if (mayMove) this.#moves += 1;
    return mayMove;
  }

  /**
   * Entries that are removed while all are read leave no trace: the count never comes to its end. And a consumer on a replica
   * that lags behind ends too early: it is made again, until one has everything that the leader has.
   */
  async #lookForTheEnd(turn: number): Promise<void> {
    while (this.#isOpen(turn)) {
      try {
        await sleep(this.#link.clock, this.#endBackoff.next(Math.random()), this.#stopped.signal);
        if (this.#isOpen(turn)) await this.#lookOnceForTheEnd(turn);
      } catch {
        // Stopped, or the server is away: the next beginning looks again.
        if (this.#stopped.signal.aborted) return;
      }
    }
  }

  /**
   * The server counts an entry that is overwritten as gone before it counts the new one: that is among what the leader has now.
   * What the leader had at the beginning and this consumer never sent is on another replica.
   */
  async #lookOnceForTheEnd(turn: number): Promise<void> {
    if (this.#sink.isFull || (await this.#left()) > 0 || !this.#isOpen(turn)) return;
    const last = await this.#lastAtLeader();
    if (!this.#isOpen(turn)) return;
    // The last entry may have been removed meanwhile.
    this.#promised = Math.min(this.#promised, last);
    if (!this.isComplete) void this.#restart();
    else if ((this.#position ?? 0) >= last) this.#sink.idle();
  }

  #isOpen(turn: number): boolean {
    return turn === this.#turn && !this.#isLive && this.#servedBy !== undefined;
  }

  /** So many messages has the server for it that have not arrived. */
  async #left(): Promise<number> {
    const name = this.#servedBy?.name;
    if (name === undefined) return 0;
    const { delivered, num_pending } = await this.#link.jsm.consumers.info(this.#bucket.stream, name);
    // More may have arrived than was sent then, and not what was pending: that may have been overwritten, and come later.
    return num_pending + Math.max(0, delivered.consumer_seq - this.#deliveries);
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
    this.#watchdog.heard();
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
    this.#arrivals.arrived(place.revision);
  }

  /** A message of the server about the consumer itself. */
  #control(message: Msg): void {
    this.#watchdog.heard();
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
