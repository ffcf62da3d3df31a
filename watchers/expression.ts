/** The expression watcher: fires when a condition over data and facts becomes true. */
import { type Static, Type } from "typebox";
import type { PropertyFault } from "../src/definition/shape.ts";
import { type Condition, parseCondition } from "../src/lib/condition.ts";
import { messageOf } from "../src/lib/errors.ts";
import { isJsonObject } from "../src/lib/json.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";

const defaultIntervalMs = 10_000;
const shortestIntervalMs = 500;

const schema = Type.Object(
  {
    success_when: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Fires success_transition when this becomes true. Asked before fail_when.",
        examples: ["data.size > 10", 'get_fact("os.family") == "debian" and not data.paused'],
      }),
    ),
    fail_when: Type.Optional(
      Type.String({ minLength: 1, description: "Fires fail_transition when this becomes true." }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Fires a transition when a condition over data, facts, identity and state becomes true: looked at when data or facts change, when a state is entered, and at each interval.",
    examples: [{ success_when: "data.size > 10" }],
  },
);

export interface ExpressionProperties {
  readonly successWhen: string | undefined;
  readonly failWhen: string | undefined;
}

export const expression: WatcherType<ExpressionProperties> = {
  type: "expression",
  schema,
  minimumIntervalMs: shortestIntervalMs,
  initialOutcome: "skipped",

  read(raw) {
    // The door has made sure of the shape.
    const written = (raw ?? {}) as Static<typeof schema>;
    return { successWhen: written.success_when, failWhen: written.fail_when };
  },

  check({ properties: { successWhen, failWhen } }) {
    if (successWhen === undefined && failWhen === undefined)
      return [
        { path: ["properties"], message: "there is no condition: write success_when, fail_when or both" },
      ];
    return [...refusal("success_when", successWhen), ...refusal("fail_when", failWhen)];
  },

  policy: (_, intervalMs) => ({
    start: "at-once",
    entry: "at-once",
    intervalMs: intervalMs ?? defaultIntervalMs,
    onData: true,
  }),

  create: (properties, context) => new ExpressionWatcher(properties, context),
};

function refusal(name: string, text: string | undefined): PropertyFault[] {
  if (text === undefined) return [];
  try {
    parseCondition(text);
    return [];
  } catch (cause) {
    return [{ path: ["properties", name], message: messageOf(cause) }];
  }
}

class ExpressionWatcher implements Watcher {
  readonly #context: WatcherContext;
  readonly #success: Condition | undefined;
  readonly #fail: Condition | undefined;

  constructor({ successWhen, failWhen }: ExpressionProperties, context: WatcherContext) {
    this.#context = context;
    this.#success = successWhen === undefined ? undefined : parseCondition(successWhen);
    this.#fail = failWhen === undefined ? undefined : parseCondition(failWhen);
  }

  async observe(look: Look): Promise<Observation> {
    const before = outcomeBefore(look);
    const { visit } = look;
    const detail = { previous_outcome: before };
    let outcome: string;
    try {
      outcome = this.#outcome(look);
    } catch (cause) {
      const cursor = { outcome: "error", visit };
      return { outcome: "error", announce: true, cursor, error: messageOf(cause), detail };
    }
    const seen: Observation = {
      outcome,
      announce: outcome !== "no_match",
      cursor: { outcome, visit },
      detail,
    };
    if (outcome === "no_match" || outcome === before) return seen;
    return { ...seen, fire: outcome === "success_when" ? "success" : "fail" };
  }

  /** @throws BAD_VALUE */
  #outcome({ data, state }: Look): string {
    const { facts, identity } = this.#context;
    const scope = { data, facts, identity, state };
    if (this.#success?.test(scope)) return "success_when";
    return this.#fail?.test(scope) ? "failed_when" : "no_match";
  }
}

/**
 * What a condition is held against to see that it became true. It becomes so anew in each stay; after a crash also when the
 * state had just been entered and nobody had looked in it yet.
 */
function outcomeBefore({ arrived, reason, visit, cursor }: Look): string {
  const { outcome, visit: lookedIn } = isJsonObject(cursor) ? cursor : {};
  const isNew = arrived || (reason === "resume" && lookedIn !== visit);
  return isNew || typeof outcome !== "string" ? "skipped" : outcome;
}
