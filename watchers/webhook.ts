/** The webhook watcher: a signed request from outside fires its success transition, and its body may become data. */
import type { PropertyFault } from "../src/definition/shape.ts";
import { formatDuration } from "../src/lib/duration.ts";
import { MachinistError, messageOf } from "../src/lib/errors.ts";
import type { JsonObject } from "../src/lib/json.ts";
import type {
  KeptInput,
  Look,
  Observation,
  Watcher,
  WatcherContext,
  WatcherType,
} from "../src/watching/watcher.ts";
import {
  cursorOf,
  type Deliveries,
  type Delivery,
  deliveriesIn,
  seen,
  waiting,
} from "./webhook/deliveries.ts";
import { readProperties, schema, timeFaults, type WebhookProperties } from "./webhook/properties.ts";
import { deliveryIdOf, payloadOf, readRequest } from "./webhook/request.ts";
import { isAuthentic, readSecret, signedContent } from "./webhook/secret.ts";

export const webhook: WatcherType<WebhookProperties> = {
  type: "webhook",
  schema,
  minimumIntervalMs: undefined,
  initialOutcome: "waiting",

  read: readProperties,

  check({ properties, failTransition }) {
    const { secret, secretFile } = properties;
    const faults: PropertyFault[] = timeFaults(properties);
    if ((secret === undefined) === (secretFile === undefined)) {
      const found = secret === undefined ? "there is neither" : "there are both";
      const message = `a webhook needs either secret_file or secret, and ${found}`;
      faults.push({ path: ["properties"], message });
    }
    if (failTransition !== undefined) {
      const message = `a webhook never fails: who sends nonsense is refused; remove "${failTransition}"`;
      faults.push({ path: ["fail_transition"], message });
    }
    return faults;
  },

  policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),

  create: (properties, context) => new WebhookWatcher(properties, context),
};

class WebhookWatcher implements Watcher {
  readonly #properties: WebhookProperties;
  readonly #context: WatcherContext;

  constructor(properties: WebhookProperties, context: WatcherContext) {
    this.#properties = properties;
    this.#context = context;
  }

  /** @throws UNAUTHENTICATED, FILE_NOT_FOUND (no secret), INVALID_ARGUMENT (authentic, but too old) */
  async admit(input: JsonObject): Promise<void> {
    const { headers, body } = readRequest(input);
    const { scheme, header, timestampHeader, signedContent: pattern } = this.#properties;
    const secret = await this.#readSecret();
    const timestamp = headers[timestampHeader ?? ""] ?? "";
    const content = signedContent(pattern, timestamp, body);
    if (!isAuthentic({ scheme, secret, given: headers[header], content }))
      throw new MachinistError(
        "UNAUTHENTICATED",
        "the request does not prove that its sender knows the secret",
      );
    this.#checkAge(timestamp);
  }

  async selfCheck(): Promise<string | undefined> {
    return this.#readSecret().then(() => undefined, messageOf);
  }

  /** @throws INVALID_ARGUMENT, STOPPED (too many wait), to the sender of an input */
  async observe({ reason, input, cursor }: Look): Promise<Observation> {
    const known = deliveriesIn(cursor);
    if (reason !== "input") return this.#fireNext(known);
    const delivery = this.#deliveryIn(input ?? {});
    if (delivery === undefined) return { outcome: "ignored" };
    if (isDuplicate(known, delivery)) return { outcome: "duplicate" };
    // Those that wait came before: one of them fires now, and this one later.
    if (known.waiting.length > 0)
      return { ...this.#fireNext(waiting(known, delivery, "keep")), outcome: "stored" };
    const after = seen(known, delivery);
    return this.#fired(delivery, after === known ? undefined : after);
  }

  /** @throws INVALID_ARGUMENT, STOPPED (refused, or too many wait) */
  async keep({ input, cursor, state }: KeptInput): Promise<Observation> {
    const { whenInactive } = this.#properties;
    const known = deliveriesIn(cursor);
    const delivery = this.#deliveryIn(input);
    if (delivery === undefined) return { outcome: "ignored" };
    if (isDuplicate(known, delivery)) return { outcome: "duplicate" };
    if (whenInactive === "refuse")
      throw new MachinistError("STOPPED", `watcher ${this.#context.watcher} is not active in state ${state}`);
    const after = waiting(known, delivery, whenInactive);
    return { outcome: "stored", cursor: cursorOf(after), detail: { waiting: after.waiting.length } };
  }

  #checkAge(timestamp: string): void {
    const { maxAgeMs, timestampHeader } = this.#properties;
    if (maxAgeMs === undefined) return;
    const ageMs = Math.abs(this.#context.clock.now() - momentOf(timestamp));
    if (ageMs <= maxAgeMs) return;
    throw new MachinistError(
      "INVALID_ARGUMENT",
      `the time in header ${timestampHeader} is missing or not within max_age (${formatDuration(maxAgeMs)}) of now. Send the request anew`,
    );
  }

  /** Undefined: it is not meant for this watcher. */
  #deliveryIn(input: JsonObject): Delivery | undefined {
    const { headers: wanted, store, deliveryIdHeader } = this.#properties;
    const request = readRequest(input);
    if (!Object.entries(wanted).every(([name, value]) => request.headers[name] === value)) return undefined;
    return {
      id: deliveryIdOf(request, deliveryIdHeader),
      value: store === undefined ? undefined : payloadOf(request),
    };
  }

  #readSecret(): Promise<string> {
    return readSecret(this.#properties, this.#context.machine.directory);
  }

  /** Drops stored deliveries that do not fit any more, and fires the next one that does. */
  #fireNext(known: Deliveries): Observation {
    const isUsable = ({ value }: Delivery): boolean =>
      this.#properties.store === undefined || value !== undefined;
    const first = known.waiting.findIndex(isUsable);
    const dropped = first === -1 ? known.waiting : known.waiting.slice(0, first);
    const reason = "it was stored without its body, and the watcher has `store` now";
    const detail = dropped.length > 0 ? this.#dropped(dropped, reason) : undefined;
    const [next, ...others] = known.waiting.slice(dropped.length);
    const after = { ...known, waiting: others };
    if (!next && !detail) return { outcome: "waiting" };
    if (!next) return { outcome: "dropped", announce: true, cursor: cursorOf(after), ...detail };
    return {
      ...this.#fired(next, after),
      ...detail,
      ifTooLarge: (cause) => ({
        outcome: "dropped",
        announce: true,
        cursor: cursorOf(after),
        ...this.#dropped([next], messageOf(cause)),
      }),
    };
  }

  #dropped(deliveries: readonly Delivery[], reason: string): Pick<Observation, "detail"> {
    const ids = deliveries.map(({ id }) => id ?? null);
    this.#context.log.error("dropped stored deliveries: they can never fire. Send them again", {
      deliveries: ids,
      reason,
    });
    return { detail: { dropped: ids, reason } };
  }

  /** @param after undefined: there is nothing to remember */
  #fired({ value }: Delivery, after: Deliveries | undefined): Observation {
    const { store } = this.#properties;
    return {
      outcome: "received",
      fire: "success",
      announce: true,
      ...(store === undefined || value === undefined ? {} : { patch: { [store]: value } }),
      ...(after ? { cursor: cursorOf(after) } : {}),
      ...(after && after.waiting.length > 0 ? { lookAgainInMs: 0 } : {}),
    };
  }
}

function isDuplicate({ seen: ids }: Deliveries, { id }: Delivery): boolean {
  return id !== undefined && ids.includes(id);
}

/** In ms since 1970; NaN when it is not a time. */
function momentOf(text: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(text)) return Date.parse(text);
  const number = Number(text);
  // Seconds have ten digits until the year 2286.
  return number < 100_000_000_000 ? number * 1000 : number;
}
