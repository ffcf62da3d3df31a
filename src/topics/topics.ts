/** Topics in the daemon: changes of `kvs` and published messages in, calls of handlers out. */
import type { CommandRunner } from "../exec/command.ts";
import type { Bucket, Entry, Store } from "../kv/store.ts";
import { type CancelTimer, type Clock, sleep } from "../lib/clock.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import { doneMarkerMs, kvsBucketName, openKvsBucket, openQueueBucket } from "./buckets.ts";
import { callHandler } from "./call-handler.ts";
import { changeTopics, type Moved, moveChanges, wantChanges } from "./changes.ts";
import { Deliveries } from "./deliveries.ts";
import { Expiry } from "./expiry.ts";
import { type FoundTopics, findSubscribers, findTopics } from "./find.ts";
import { keepTrying, keepWatching } from "./keep-watching.ts";
import { type Kvs, openKvs, removeExpired } from "./kvs.ts";
import { checkTopicName, publishMessage } from "./messages.ts";

export interface TopicsOptions {
  readonly store: Store;
  readonly commands: CommandRunner;
  /** Holds a folder per topic. */
  readonly directory: string;
  /** Of one call. */
  readonly timeoutMs: number;
  /** Calls at once. */
  readonly concurrency: number;
  /** Failed calls after which a message waits for a person. */
  readonly attempts: number;
  /** What handlers find in their environment, to reach the store. */
  readonly environment: Readonly<Record<string, string>>;
  /** How long handlers may go on when topics are stopped. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RunningTopics {
  readonly kvs: Kvs;
  /** Revisions of the bucket of `kvs` that were gone before they became messages. */
  readonly missed: number;
  /** What lies in the directory now. */
  find(): FoundTopics;
  /**
   * Resolves with the message's id when it is on disk.
   * @throws TOPIC_NOT_FOUND, INVALID_ARGUMENT, VALUE_TOO_LARGE, store errors
   */
  publish(topic: string, message: unknown): Promise<string>;
  stop(): Promise<void>;
}

/** Resolves when handlers are being called, or, while the store cannot be reached, when the first attempt to has failed. */
export async function startTopics(options: TopicsOptions): Promise<RunningTopics> {
  const topics = new TopicsOfDaemon(options);
  await topics.begun;
  return topics;
}

class TopicsOfDaemon implements RunningTopics {
  readonly kvs: Kvs;
  readonly begun: Promise<void>;
  readonly #options: TopicsOptions;
  readonly #ending = new AbortController();
  readonly #work: Promise<void>;
  #deliveries: Deliveries | undefined;
  #following: Promise<void> = Promise.resolve();
  #expiry: Expiry | undefined;
  /** Topics of changes that have folders, as the cursor was told. */
  #wanted: string | undefined;
  #moved: Moved = { revision: 0, missed: 0 };
  #cancelSweep: CancelTimer = () => undefined;

  constructor(options: TopicsOptions) {
    this.#options = options;
    const { store, directory, clock, log } = options;
    this.kvs = openKvs(store, { clock });
    for (const fault of findTopics(directory).faults) log.error("a topic has a fault", { fault });
    const attempts = { what: "store", signal: this.#ending.signal, clock, log };
    let tried: () => void = () => undefined;
    this.begun = new Promise((resolve) => {
      tried = resolve;
    });
    this.#work = keepTrying(attempts, () => this.#begin().finally(tried));
  }

  get missed(): number {
    return this.#moved.missed;
  }

  find(): FoundTopics {
    return findTopics(this.#options.directory);
  }

  async publish(topic: string, message: unknown): Promise<string> {
    const { store, clock } = this.#options;
    checkTopicName(topic);
    const { topics } = this.find();
    if (!topics.has(topic)) throw noTopic(topic, [...topics.keys()]);
    return publishMessage(await openQueueBucket(store), topic, { data: message, published: clock.now() });
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#expiry?.stop();
    this.#cancelSweep();
    await this.#work;
    const { clock, drainMs } = this.#options;
    const limit = new AbortController();
    const idle = new AbortController();
    const drain = sleep(clock, drainMs, idle.signal).then(
      () => limit.abort(),
      () => undefined,
    );
    await this.#deliveries?.stop(limit.signal);
    idle.abort();
    await drain;
    await this.#following;
  }

  async #begin(): Promise<void> {
    const { store, directory, clock, log } = this.#options;
    const kvs = await openKvsBucket(store);
    const queue = await openQueueBucket(store);
    await this.#move(kvs, queue);
    this.#deliveries = new Deliveries({
      ...this.#options,
      queue,
      subscribers: (topic) => findSubscribers(directory, topic),
      call: (call, signal) => {
        const { subscriber, message } = call;
        const fields = { topic: message.topic, subscriber: subscriber.name };
        return callHandler({ ...this.#options, log: log.with(fields) }, call, signal);
      },
    });
    await this.#sweep(queue);
    const expiry = new Expiry(clock, (entry) => void this.#end(kvs, entry));
    this.#expiry = expiry;
    this.#following = keepWatching(kvs, {
      filter: ">",
      // It may be another bucket than before, so all is asked anew.
      onBegin: () => {
        this.#wanted = undefined;
        return this.#move(kvs, queue);
      },
      onEntry: async (entry) => {
        expiry.follow(entry);
        if (entry.revision > this.#moved.revision) await this.#move(kvs, queue);
      },
      signal: this.#ending.signal,
      clock,
      log,
    });
  }

  async #move(kvs: Bucket, queue: Bucket): Promise<void> {
    const wanted = changeTopics.filter((topic) => findSubscribers(this.#options.directory, topic).length > 0);
    if (wanted.join() !== this.#wanted) await wantChanges(kvs, queue, wanted);
    this.#wanted = wanted.join();
    const before = this.#moved;
    this.#moved = await moveChanges(kvs, queue);
    if (this.missed <= before.missed) return;
    const fact = `topics missed ${this.missed} revisions of bucket ${kvsBucketName}: they were gone before they were read`;
    const advice = "Write to this bucket only with kvs, and do not empty or compact it";
    const fields = { bucket: kvsBucketName, revisions: this.missed };
    this.#options.log.warn(`${fact}. ${advice}`, fields);
  }

  /** Clears away what is left of messages that are done, now and every hour. */
  async #sweep(queue: Bucket): Promise<void> {
    const { clock, log } = this.#options;
    try {
      await queue.purgeDeletes(doneMarkerMs);
    } catch (cause) {
      log.warn("what is left of messages could not be cleared away", { reason: messageOf(cause) });
    }
    if (this.#ending.signal.aborted) return;
    this.#cancelSweep = clock.after(doneMarkerMs, () => void this.#sweep(queue), { background: true });
  }

  async #end(kvs: Bucket, entry: Entry): Promise<void> {
    try {
      await removeExpired(this.#options.store, kvs, entry);
    } catch (cause) {
      this.#options.log.warn("a value whose time is over could not be removed", { reason: messageOf(cause) });
    }
  }
}

function noTopic(topic: string, known: readonly string[]): MachinistError {
  return new MachinistError(
    "TOPIC_NOT_FOUND",
    `there is no topic ${JSON.stringify(topic)}; there are: ${known.join(", ") || "none"}`,
    { details: { topic } },
  );
}
