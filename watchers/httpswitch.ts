/** The httpswitch watcher: a switch that people press. Knows what it was set to, and which states of the machine set it too. */
import { type Static, Type } from "typebox";
import type { PropertyFault, WatcherDefinition } from "../src/definition/shape.ts";
import { MachinistError } from "../src/lib/errors.ts";
import type { Json, JsonObject } from "../src/lib/json.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";

function states(description: string) {
  return Type.Optional(Type.Array(Type.String({ minLength: 1 }), { default: [], description }));
}

const schema = Type.Object(
  {
    on_when: states("States that set the switch to on, whatever led there. They fire nothing."),
    off_when: states("States that set the switch to off, whatever led there. They fire nothing."),
    disable_when: states("States in which the switch cannot be pressed."),
    annotations: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        default: {},
        description: "More for those who show the switch, published with each change.",
        examples: [{ room: "attic" }],
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "A switch: pressed to on it fires success_transition, to off fail_transition. It can be pressed while the watcher is active and its state is not one of disable_when.",
    examples: [{ on_when: ["ON"], off_when: ["OFF"], disable_when: ["BROKEN"] }],
  },
);

export interface HttpswitchProperties {
  readonly onWhen: readonly string[];
  readonly offWhen: readonly string[];
  readonly disableWhen: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

type Status = "unknown" | "on" | "off";

export const httpswitch: WatcherType<HttpswitchProperties> = {
  type: "httpswitch",
  schema,
  minimumIntervalMs: undefined,
  failsNormally: true,
  initialOutcome: "unknown",

  read(raw) {
    // The door has made sure of the shape; a switch may have no properties at all.
    const { on_when, off_when, disable_when, annotations } = (raw ?? {}) as Static<typeof schema>;
    return {
      onWhen: on_when ?? [],
      offWhen: off_when ?? [],
      disableWhen: disable_when ?? [],
      annotations: annotations ?? {},
    };
  },

  check: (watcher) => [...checkBoth(watcher.properties), ...checkActive(watcher)],

  states: ({ onWhen, offWhen, disableWhen }) =>
    Object.entries({ on_when: onWhen, off_when: offWhen, disable_when: disableWhen }).flatMap(
      ([property, states]) => states.map((name, at) => ({ name, path: ["properties", property, at] })),
    ),

  policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),

  create: (properties, context) => new SwitchWatcher(properties, context),
};

function checkBoth({ onWhen, offWhen }: HttpswitchProperties): PropertyFault[] {
  return offWhen.flatMap((state, at) => {
    if (!onWhen.includes(state)) return [];
    const message = `"${state}" is in on_when too, so the switch would be on there; remove it from one of the two`;
    return [{ path: ["properties", "off_when", at], message }];
  });
}

function checkActive({
  stateMatch,
  properties,
}: WatcherDefinition & { readonly properties: HttpswitchProperties }): PropertyFault[] {
  if (stateMatch.length === 0) return [];
  const named = { on_when: properties.onWhen, off_when: properties.offWhen };
  return Object.entries(named).flatMap(([name, listed]) =>
    listed.flatMap((state, at) => {
      if (stateMatch.includes(state)) return [];
      const message = `the watcher is not active in "${state}", so that state never sets the switch; add it to state_match, or remove it here`;
      return [{ path: ["properties", name, at], message, severity: "warning" as const }];
    }),
  );
}

class SwitchWatcher implements Watcher {
  readonly #properties: HttpswitchProperties;
  readonly #name: string;

  constructor(properties: HttpswitchProperties, { machine, watcher }: WatcherContext) {
    this.#properties = properties;
    this.#name = `switch ${watcher} of machine ${machine.name}`;
  }

  /** @throws ILLEGAL_TRANSITION (disabled), INVALID_ARGUMENT, to whoever pressed it */
  async observe({ reason, input, state, cursor }: Look): Promise<Observation> {
    if (reason === "input") return this.#pressed(state, input ?? {});
    const set = this.#setBy(state);
    if (set === undefined) return { outcome: statusIn(cursor), detail: this.#detail(statusIn(cursor)) };
    return this.#changed(set);
  }

  #pressed(state: string, { on }: JsonObject): Observation {
    if (typeof on !== "boolean") {
      const found = on === undefined ? "nothing" : JSON.stringify(on);
      throw new MachinistError("INVALID_ARGUMENT", `${this.#name}: "on" is ${found}, expected true or false`);
    }
    if (this.#properties.disableWhen.includes(state)) {
      throw new MachinistError("ILLEGAL_TRANSITION", `${this.#name} is disabled in state ${state}`);
    }
    return { ...this.#changed(on ? "on" : "off"), fire: on ? "success" : "fail" };
  }

  /** What the state says of the switch; undefined = nothing. */
  #setBy(state: string): Status | undefined {
    if (this.#properties.onWhen.includes(state)) return "on";
    return this.#properties.offWhen.includes(state) ? "off" : undefined;
  }

  #changed(status: Status): Observation {
    return { outcome: status, cursor: status, announce: true, detail: this.#detail(status) };
  }

  #detail(status: Status): JsonObject {
    return { status, is_on: status === "on", annotations: this.#properties.annotations };
  }
}

function statusIn(cursor: Json | undefined): Status {
  return cursor === "on" || cursor === "off" ? cursor : "unknown";
}
