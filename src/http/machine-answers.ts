/** The shapes of what is answered about machines, for readers of the description. */
import { Type } from "typebox";

const text = Type.String();
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const texts = Type.Array(text);
const closed = { additionalProperties: false };

export const anyObject = Type.Record(Type.String(), Type.Unknown());

const watcher = {
  name: text,
  type: text,
  active: Type.Boolean({ description: "It looks in this state" }),
  looking: Type.Boolean(),
  outcome: Type.String({ description: "Of its last look" }),
  lookedAt: textOrNull,
  nextLookAt: textOrNull,
  waitsFor: Type.Array(text, { description: "Watchers that must succeed first" }),
};

const machine = {
  name: text,
  version: textOrNull,
  state: textOrNull,
  since: textOrNull,
  transitions: Type.Array(text, { description: "Legal now" }),
  health: Type.Enum(["running", "starting", "stopping", "stopped", "faulty", "failing"]),
  file: text,
  faults: texts,
};

export const summary = Type.Object(
  { ...machine, watchers: Type.Array(Type.Object(watcher, closed)) },
  closed,
);

export const details = Type.Object(
  {
    ...machine,
    id: textOrNull,
    definition: textOrNull,
    data: anyObject,
    last: Type.Union([anyObject, Type.Null()]),
    counters: anyObject,
    watchers: Type.Array(
      Type.Object({ ...watcher, error: textOrNull, output: textOrNull, detail: anyObject }, closed),
    ),
  },
  closed,
);

export const historyLine = Type.Object(
  { transition: text, from: text, to: text, at: text, by: text, revision: Type.Integer() },
  closed,
);

export const moved = Type.Object(
  { machine: text, transition: text, from: text, to: text, revision: Type.Integer() },
  closed,
);

export const item = Type.Object({ value: Type.Unknown() }, closed);

export const changedItem = Type.Object({ machine: text, key: text }, closed);
