/**
 * The gossip watcher: says something again and again while it is active. A message goes to whoever listens; a registration is
 * kept up in a bucket. Nothing tells when the watcher stops being active, so what it kept there ends by its ttl.
 */
import { validateSubject } from "../src/kv/names.ts";
import { messageOf } from "../src/lib/errors.ts";
import type { JsonObject } from "../src/lib/json.ts";
import { parseTemplate } from "../src/lib/template.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { checkGossip, defaultIntervalMs } from "./gossip/check.ts";
import { renew } from "./gossip/lease.ts";
import { payloadOf, placeOf } from "./gossip/place.ts";
import {
  type GossipProperties,
  gossipSchema,
  type Registration,
  readGossipProperties,
} from "./gossip/properties.ts";

const shortestIntervalMs = 100;
/** Intervals that a registration outlives, so that two renewals may fail. */
const livesFor = 3;
const shortestTtlMs = 1_000;

export const gossip: WatcherType<GossipProperties> = {
  type: "gossip",
  schema: gossipSchema,
  minimumIntervalMs: shortestIntervalMs,
  initialOutcome: "unknown",
  read: readGossipProperties,
  check: checkGossip,

  policy: (_properties, intervalMs = defaultIntervalMs) => ({
    start: "at-once",
    entry: "at-once",
    intervalMs,
  }),

  create({ subject = "", payload = "", registration, ttlMs }, context) {
    const { intervalMs = defaultIntervalMs } = context;
    const speaker = registration
      ? registrationIn(registration, ttlMs ?? Math.max(livesFor * intervalMs, shortestTtlMs), context)
      : messageIn(subject, payload, context);
    return new GossipWatcher(speaker, context);
  },
};

interface Message {
  readonly subject: string;
  readonly payload: string;
}

interface Speaker {
  /** For people: where it is said. */
  readonly where: string;
  /** What there is to say now, kept where it has to be kept. */
  say(look: Look): Promise<{ readonly message: Message; readonly isKept: boolean }>;
}

function messageIn(subject: string, payload: string, { facts }: WatcherContext): Speaker {
  const templates = { subject: parseTemplate(subject), payload: parseTemplate(payload) };
  return {
    where: `subject ${subject}`,
    async say({ data }) {
      const scope = { data, facts: facts() };
      const message = { subject: templates.subject.render(scope), payload: templates.payload.render(scope) };
      validateSubject(message.subject);
      return { message, isKept: false };
    },
  };
}

function registrationIn(
  registration: Registration,
  ttlMs: number,
  { machine, store }: WatcherContext,
): Speaker {
  const { subject, kept } = placeOf(registration, machine.instance);
  const message = { subject, payload: payloadOf(registration) };
  return {
    where: kept ? `bucket ${kept.bucket}, key "${kept.key}"` : `subject ${subject}`,
    async say() {
      if (kept) await renew(store, { ...kept, value: message.payload, ttlMs });
      return { message, isKept: kept !== undefined };
    },
  };
}

class GossipWatcher implements Watcher {
  readonly #speaker: Speaker;
  readonly #context: WatcherContext;
  #detail: JsonObject = { previous_subject: "", previous_payload: "", previous_gossip: 0 };

  constructor(speaker: Speaker, context: WatcherContext) {
    this.#speaker = speaker;
    this.#context = context;
  }

  async observe(look: Look, signal: AbortSignal): Promise<Observation> {
    try {
      const { message, isKept } = await this.#speaker.say(look);
      const saidAt = Math.floor(this.#context.clock.now() / 1000);
      const { subject, payload } = message;
      this.#detail = { previous_subject: subject, previous_payload: payload, previous_gossip: saidAt };
      const outcome = isKept ? "registered" : "published";
      // Who listens on NATS hears of a key that was written from the bucket itself.
      return { outcome, detail: this.#detail, ...(isKept ? {} : { message }) };
    } catch (cause) {
      if (signal.aborted) throw cause;
      const error = `${this.#speaker.where}: ${messageOf(cause)}`;
      return { outcome: "error", error, detail: this.#detail };
    }
  }
}
