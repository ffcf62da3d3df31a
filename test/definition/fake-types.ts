/** Small watcher types that use every part of the contract that the door knows. */
import { type Static, Type } from "typebox";
import { durationSchema, type WatcherTypeShape } from "../../src/definition/shape.ts";
import { parseDuration } from "../../src/lib/duration.ts";
import { MachinistError } from "../../src/lib/errors.ts";

const lookSchema = Type.Object(
  {
    target: Type.String({ minLength: 1, description: "What to look at." }),
    mode: Type.Optional(Type.Enum(["poll", "watch"], { description: "How." })),
    strict: Type.Optional(Type.Boolean()),
    words: Type.Optional(Type.Array(Type.String())),
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
    timeout: Type.Optional(durationSchema({ description: "How long it may take." })),
    else_transition: Type.Optional(Type.String()),
    variables: Type.Optional(Type.Record(Type.String(), Type.String())),
    either: Type.Optional(
      Type.Union([
        Type.Literal(false),
        Type.Object({ size: Type.Integer() }, { additionalProperties: false }),
      ]),
    ),
  },
  { additionalProperties: false, description: "Looks at a target." },
);

type LookProperties = Static<typeof lookSchema> & { readonly timeoutMs: number };

/** Has an interval of at least 500ms, a required property, a transition of its own, and faults of reading and judging. */
export const look: WatcherTypeShape<LookProperties> = {
  type: "look",
  schema: lookSchema,
  minimumIntervalMs: 500,
  read(raw) {
    const properties = raw as Static<typeof lookSchema>;
    if (properties.target === "{{") {
      throw new MachinistError("TEMPLATE", 'template "{{" is not closed, write }} at its end');
    }
    return { ...properties, timeoutMs: parseDuration(properties.timeout ?? "10s") };
  },
  check({ intervalMs, properties }) {
    if (properties.mode !== "watch" || intervalMs === undefined) return [];
    const message = "mode watch needs no interval: it is told of changes";
    return [{ path: ["properties", "mode"], message, severity: "warning" }];
  },
  transitions: ({ else_transition: name }) =>
    name === undefined ? [] : [{ name, path: ["properties", "else_transition"] }],
};

/** Needs nothing, ignores intervals. */
export const tick: WatcherTypeShape = {
  type: "tick",
  schema: Type.Object({}, { additionalProperties: false, description: "Ticks." }),
  minimumIntervalMs: undefined,
  read: (raw) => raw,
};

export const fakeTypes: ReadonlyMap<string, WatcherTypeShape> = new Map<string, WatcherTypeShape>([
  ["look", look],
  ["tick", tick],
]);
