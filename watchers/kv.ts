/**
 * The kv watcher: follows keys of a bucket, by their latest value or revision by revision. This file joins the parts in kv/
 * to the contract; it knows neither engines nor machines.
 */
import { hasWildcards } from "../src/kv/names.ts";
import type { Bucket } from "../src/kv/store.ts";
import { codeOf, messageOf } from "../src/lib/errors.ts";
import { parseQuery, type Query } from "../src/lib/query.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { checkKv } from "./kv/check.ts";
import { BucketConnection } from "./kv/connection.ts";
import { hintsOf, type KvHints } from "./kv/hints.ts";
import { lookAtFilter } from "./kv/look-at-filter.ts";
import { lookAtKey } from "./kv/look-at-key.ts";
import type { LookSetting } from "./kv/look-setting.ts";
import { isOutage } from "./kv/outage.ts";
import { type KvProperties, kvSchema, readKvProperties } from "./kv/properties.ts";
import { RevisionReader } from "./kv/revision-reader.ts";
import { takeNext } from "./kv/take-next.ts";
import type { Target } from "./kv/target.ts";
import { Targets } from "./kv/targets.ts";

const defaultPollMs = 10_000;
const shortestIntervalMs = 100;

export const kv: WatcherType<KvProperties> = {
  type: "kv",
  schema: kvSchema,
  minimumIntervalMs: shortestIntervalMs,
  initialOutcome: "unknown",
  read: readKvProperties,
  check: checkKv,
  resources: ({ bucket }) => [{ kind: "bucket", name: bucket, path: ["properties", "bucket"] }],

  transitions: ({ deleteTransition }) =>
    deleteTransition === undefined
      ? []
      : [{ name: deleteTransition, path: ["properties", "delete_transition"] }],

  policy({ mode, deliver, hieraConfig }, intervalMs) {
    const isPolling = mode === "poll";
    return {
      start: "at-once",
      // Choria's polls keep their distance. Who takes every revision comes back from handling one to take the next.
      entry: isPolling && deliver === "last" ? "when-due" : "at-once",
      intervalMs: intervalMs ?? (isPolling ? defaultPollMs : undefined),
      // What facts make of a value changes without the bucket; a poll comes by anyway.
      ...(hieraConfig && !isPolling ? { onData: true } : {}),
    };
  },

  create: (properties, context) => new KvWatcher(properties, context),
};

class KvWatcher implements Watcher {
  readonly #properties: KvProperties;
  readonly #context: WatcherContext;
  readonly #targets: Targets;
  readonly #query: Query | undefined;
  readonly #connection: BucketConnection;
  readonly #reader = new RevisionReader();
  readonly #hints: KvHints | undefined;
  /** Only where there are any: in mode watch, and with a republish_trigger. */
  readonly hints?: (signal: AbortSignal) => AsyncIterable<void>;

  constructor(properties: KvProperties, context: WatcherContext) {
    const { bucket, query } = properties;
    this.#properties = properties;
    this.#context = context;
    this.#targets = new Targets(properties, context.watcher);
    this.#query = query === undefined ? undefined : parseQuery(query);
    this.#connection = new BucketConnection(context.store, bucket);
    const about = { connection: this.#connection, filter: this.#targets.fixed?.key };
    const hints = hintsOf(properties, context, about);
    this.#hints = hints;
    if (hints) this.hints = (signal) => hints.follow(signal);
  }

  async observe(look: Look, signal: AbortSignal): Promise<Observation> {
    const { bucket, key, mode } = this.#properties;
    const observation = await this.#attempt(look, signal);
    const { outcome, missed, isWaiting } = observation;
    const gone = missed ? { missed: missed.revisions, missed_exact: missed.isExact } : {};
    return { ...observation, detail: { state: isWaiting ? "error" : outcome, bucket, key, mode, ...gone } };
  }

  async #attempt(look: Look, signal: AbortSignal): Promise<Observation> {
    let target: Target;
    try {
      target = this.#targets.now(look.data, this.#context.facts);
    } catch (cause) {
      return this.#failure(this.#properties.key, messageOf(cause));
    }
    try {
      return await this.#read(target, look, signal);
    } catch (cause) {
      if (signal.aborted) throw cause;
      const reason = messageOf(cause);
      // Nothing was ever seen there: the machine is earlier than its bucket.
      const isWaiting = look.cursor === undefined && codeOf(cause) === "BUCKET_NOT_FOUND";
      const waits = isWaiting ? { outcome: "waiting", isWaiting } : {};
      if (!this.#properties.keepOnOutage || !isOutage(cause))
        return { ...this.#failure(target.key, reason), ...waits };
      const error = this.#placed(target.key, `${reason}; the data stays (keep_on_outage)`);
      return { outcome: "error", error, ...waits };
    }
  }

  async #read(target: Target, look: Look, signal: AbortSignal): Promise<Observation> {
    const setting: LookSetting = {
      look,
      properties: this.#properties,
      query: this.#query,
      target,
      facts: this.#context.facts,
      signal,
    };
    const observation = await this.#connection.read((opened) => this.#look(opened, setting));
    const { error } = observation;
    return error === undefined ? observation : { ...observation, error: this.#placed(target.key, error) };
  }

  /** A kv watcher never announces by itself, so it does not leave this to the loop. */
  #failure(key: string, reason: string): Observation {
    return { outcome: "error", fire: "fail", error: this.#placed(key, reason) };
  }

  #placed(key: string, reason: string): string {
    return `bucket ${this.#properties.bucket}, key "${key}": ${reason}`;
  }

  #look(bucket: Bucket, setting: LookSetting): Promise<Observation> {
    const { key } = setting.target;
    this.#hints?.beforeReading(key, setting.look.data);
    if (this.#properties.deliver === "every") {
      return takeNext({ bucket, reader: this.#reader, log: this.#context.log }, setting);
    }
    return hasWildcards(key) ? lookAtFilter(bucket, setting) : lookAtKey(bucket, setting);
  }
}
