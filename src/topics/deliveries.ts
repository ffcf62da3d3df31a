/**
 * Gives the messages of the queue to their subscribers. The bucket is the truth: a message leaves it only when every subscriber has
 * handled it, so each is called at least once, whatever dies meanwhile. Only what failed is called again, after growing waits.
 */
import { decodeEntry } from "../kv/codec.ts";
import type { Bucket, Entry } from "../kv/store.ts";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { codeOf, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { CallEnd, HandlerCall } from "./call-handler.ts";
import type { Subscriber } from "./find.ts";
import { keepTrying, keepWatching } from "./keep-watching.ts";
import { Lanes } from "./lanes.ts";
import {
  type Delivery,
  type Message,
  messageCodec,
  messageFilter,
  messageId,
  removeMessage,
} from "./messages.ts";

export interface DeliveriesOptions {
  readonly queue: Bucket;
  /** Of a topic as it is now. */
  readonly subscribers: (topic: string) => readonly Subscriber[];
  readonly call: (call: HandlerCall, signal: AbortSignal) => Promise<CallEnd>;
  /** Calls at once. */
  readonly concurrency: number;
  /** Failed calls after which a subscriber is given the message no more. */
  readonly attempts: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A message, as the bucket has it at `revision`, with all its subscribers named. */
interface Held {
  readonly key: string;
  message: Message & { readonly waiting: Readonly<Record<string, Delivery>> };
  revision: number;
  /** Subscribers that are being called, or wait only for a free place. */
  readonly busy: Set<string>;
  cancelTimer: CancelTimer;
  /** Writes one after the other. */
  saved: Promise<void>;
}

export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #held = new Map<string, Held>();
  readonly #lanes = new Lanes();
  readonly #ready: (() => Promise<void>)[] = [];
  readonly #calls = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  readonly #cut = new AbortController();
  readonly #watching: Promise<void>;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    const { queue, clock, log } = options;
    this.#watching = keepWatching(queue, {
      filter: messageFilter,
      onEntry: (entry) => this.#take(entry),
      signal: this.#ending.signal,
      clock,
      log,
    });
  }

  /** Begins no more calls; those that run may end until `limit` is aborted, then they are stopped and will be repeated. */
  async stop(limit: AbortSignal): Promise<void> {
    this.#ending.abort();
    this.#ready.length = 0;
    for (const { cancelTimer } of this.#held.values()) cancelTimer();
    limit.addEventListener("abort", () => this.#cut.abort(), { once: true });
    if (limit.aborted) this.#cut.abort();
    await this.#watching;
    await Promise.all(this.#calls);
  }

  #take(entry: Entry): void {
    const { key, revision } = entry;
    const held = this.#held.get(key);
    if (held && revision <= held.revision) return;
    if (entry.operation !== "PUT") {
      if (held) this.#forget(held);
      return;
    }
    const message = this.#read(entry);
    if (!message) return;
    if (held) {
      held.message = message;
      held.revision = revision;
      this.#consider(held);
      return;
    }
    const fresh: Held = {
      key,
      message,
      revision,
      busy: new Set(),
      cancelTimer: () => undefined,
      saved: Promise.resolve(),
    };
    this.#held.set(key, fresh);
    if (isNew(fresh) && message.lane) this.#lanes.enter(message.lane, key);
    this.#consider(fresh);
  }

  #read(entry: Entry): Held["message"] | undefined {
    try {
      const message = decodeEntry(entry, messageCodec);
      const { waiting = this.#everybody(message.topic) } = message;
      return { ...message, waiting };
    } catch (cause) {
      this.#options.log.error("a message cannot be read", { reason: messageOf(cause) });
      return undefined;
    }
  }

  #everybody(topic: string): Record<string, Delivery> {
    const names = this.#options.subscribers(topic).map(({ name }) => name);
    if (names.length === 0) this.#options.log.warn("a message has no subscriber and is dropped", { topic });
    return Object.fromEntries(names.map((name) => [name, { attempts: 0, calls: 0 }]));
  }

  /** Calls whoever is due, and wakes for who is next. */
  #consider(held: Held): void {
    held.cancelTimer();
    if (this.#ending.signal.aborted) return;
    const open = Object.entries(held.message.waiting);
    if (open.length === 0) this.#later(this.#save(held, (message) => message));
    const { lane } = held.message;
    const isBlocked = lane !== undefined && isNew(held) && !this.#lanes.isFirst(lane, held.key);
    const now = this.#options.clock.now();
    let wakeAt = Number.POSITIVE_INFINITY;
    for (const [name, { at = now, attempts, dead }] of open) {
      if (dead || held.busy.has(name) || (isBlocked && attempts === 0)) continue;
      if (at > now) wakeAt = Math.min(wakeAt, at);
      else this.#queue(held, name);
    }
    if (!Number.isFinite(wakeAt)) return;
    held.cancelTimer = this.#options.clock.after(wakeAt - now, () => this.#consider(held), {
      background: true,
    });
  }

  #queue(held: Held, name: string): void {
    held.busy.add(name);
    this.#ready.push(() => this.#call(held, name));
    this.#startNext();
  }

  #startNext(): void {
    while (this.#calls.size < this.#options.concurrency) {
      const call = this.#ready.shift();
      if (!call) return;
      this.#later(call());
    }
  }

  /** What is awaited before all is stopped. */
  #later(work: Promise<void>): void {
    const done = work.finally(() => {
      this.#calls.delete(done);
      this.#startNext();
    });
    this.#calls.add(done);
  }

  async #call(held: Held, name: string): Promise<void> {
    const { key, message } = held;
    const subscriber = this.#options.subscribers(message.topic).find((one) => one.name === name);
    const { attempts, calls } = message.waiting[name] ?? { attempts: 0, calls: 0 };
    const end: CallEnd = subscriber
      ? await this.#options.call({ subscriber, id: messageId(key), calls, message }, this.#cut.signal)
      : { how: "failed", error: `there is no subscriber ${name} any more` };
    if (end.how === "failed") this.#report(held, name, { attempts: attempts + 1, error: end.error });
    if (end.how !== "undone") await this.#save(held, (current) => this.#after(current, name, end));
    held.busy.delete(name);
    this.#leaveLane(held);
    if (this.#held.get(key) === held) this.#consider(held);
  }

  #report(held: Held, subscriber: string, { attempts, error }: { attempts: number; error: string }): void {
    const { topic } = held.message;
    const fields = { topic, subscriber, message: messageId(held.key), attempts, error };
    if (attempts < this.#options.attempts)
      this.#options.log.warn("a handler failed and is called again", fields);
    else this.#options.log.error("a handler failed for the last time; see `machinist topics ls`", fields);
  }

  #after(message: Held["message"], name: string, end: CallEnd): Held["message"] {
    const { [name]: before, ...others } = message.waiting;
    if (!before || end.how !== "failed") return { ...message, waiting: others };
    const attempts = before.attempts + 1;
    const failure = { attempts, calls: before.calls + 1, error: end.error };
    const state: Delivery =
      attempts >= this.#options.attempts
        ? { ...failure, dead: true }
        : { ...failure, at: this.#options.clock.now() + retryDelayMs(attempts) };
    return { ...message, waiting: { ...others, [name]: state } };
  }

  /** Writes what `change` makes of the message; done when nobody waits any more. */
  #save(held: Held, change: (message: Held["message"]) => Held["message"]): Promise<void> {
    const { clock, log } = this.#options;
    const attempts = { what: `message ${messageId(held.key)}`, signal: this.#cut.signal, clock, log };
    held.saved = held.saved.then(() => keepTrying(attempts, () => this.#write(held, change)));
    return held.saved;
  }

  async #write(held: Held, change: (message: Held["message"]) => Held["message"]): Promise<void> {
    const { queue } = this.#options;
    for (;;) {
      const message = change(held.message);
      try {
        if (Object.keys(message.waiting).length === 0) {
          await removeMessage(queue, held.key, held.revision);
          this.#forget(held);
        } else {
          held.revision = await queue.update(held.key, messageCodec.encode(message), held.revision);
          held.message = message;
        }
        return;
      } catch (cause) {
        if (codeOf(cause) !== "WRONG_REVISION") throw cause;
      }
      const entry = await queue.get(held.key);
      const current = entry && this.#read(entry);
      if (!entry || !current) {
        this.#forget(held);
        return;
      }
      held.message = current;
      held.revision = entry.revision;
    }
  }

  #forget(held: Held): void {
    held.cancelTimer();
    if (this.#held.get(held.key) === held) this.#held.delete(held.key);
    const { lane } = held.message;
    if (lane) this.#wake(this.#lanes.leave(lane, held.key));
  }

  /** Once everybody was called, the next message of the lane may go, whether or not there were failures. */
  #leaveLane(held: Held): void {
    const { lane } = held.message;
    if (lane && !isNew(held)) this.#wake(this.#lanes.leave(lane, held.key));
  }

  #wake(key: string | undefined): void {
    const next = key === undefined ? undefined : this.#held.get(key);
    if (next) this.#consider(next);
  }
}

/** Somebody has not been called yet. */
function isNew({ message }: Held): boolean {
  return Object.values(message.waiting).some(({ attempts }) => attempts === 0);
}

const firstRetryMs = 1_000;
const longestRetryMs = 3_600_000;

/** 1 s after the first failure, twice as long after each further one, an hour at most. */
function retryDelayMs(attempts: number): number {
  return Math.min(firstRetryMs * 2 ** (attempts - 1), longestRetryMs);
}
