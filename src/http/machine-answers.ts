/** The shapes of what is answered about machines, for readers of the description. */
import { Type } from "typebox";
import { healths } from "../supervisor/health.ts";

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
  missed: Type.Union(
    [
      Type.Object(
        {
          bucket: text,
          revisions: Type.Integer(),
          isExact: Type.Boolean({ description: "false: `revisions` is the most it can be" }),
        },
        closed,
      ),
      Type.Null(),
    ],
    {
      description:
        "Revisions that were gone before the watcher read them, since its machine was started; null: none",
    },
  ),
  waitsFor: Type.Array(text, { description: "Watchers that must succeed first" }),
  awaitedSlot: Type.Union([Type.Object({ governor: text, since: text }, closed), Type.Null()], {
    description: "The governor that it waits for a slot of, and since when; null: it does not wait",
  }),
};

export const pauseText =
  "No look begins until the machine is resumed, also after a restart; a command under way may finish, and its result counts. Transitions can still be fired by hand. Does nothing when it is paused already.";

const paused = Type.Union([Type.Object({ at: text, by: text }, closed), Type.Null()], {
  description: "Since when and by whom its watchers are paused; null: they look",
});

const delayed = Type.Union(
  [
    Type.Object(
      {
        transition: text,
        by: Type.String({ description: "Who fired it" }),
        reason: Type.Enum(["rate limit"]),
        since: text,
        until: Type.String({ description: "When it is made, ISO 8601" }),
      },
      closed,
    ),
    Type.Null(),
  ],
  { description: "The transition that is decided and waits before it is made; null: none" },
);

const machine = {
  name: text,
  version: textOrNull,
  state: textOrNull,
  since: textOrNull,
  transitions: Type.Array(text, { description: "Legal now" }),
  health: Type.Enum([...healths]),
  paused,
  delayed,
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

const place = Type.Integer({ minimum: 1 });

const fault = Type.Object(
  {
    file: text,
    path: Type.String({ description: "watchers[1].interval; empty: the document as a whole" }),
    line: place,
    column: place,
    severity: Type.Enum(["error", "warning", "info"]),
    message: text,
    frame: Type.String({ description: "The lines around the place, a caret below it; may be empty" }),
  },
  closed,
);

export const definition = Type.Object(
  {
    name: text,
    version: Type.Union([text, Type.Null()], { description: "null: it does not run" }),
    hash: Type.Union([text, Type.Null()], { description: "sha256 of `text`" }),
    file: text,
    text: Type.Union([text, Type.Null()], {
      description:
        "The machine file that runs; without a machine, the file as it is. null: it cannot be read",
    }),
    edited: Type.Union([text, Type.Null()], {
      description:
        "What the file says now, when something else runs: then `faults` and `problem` are about this",
    }),
    problem: Type.Union([text, Type.Null()], {
      description: "Why a good file does not run, or cannot be read",
    }),
    faults: Type.Array(fault),
  },
  closed,
);

export const historyLine = Type.Object(
  { transition: text, from: text, to: text, at: text, by: text, revision: Type.Integer() },
  closed,
);

export const moved = Type.Object(
  {
    machine: text,
    transition: text,
    from: text,
    to: text,
    revision: Type.Integer(),
    waitedMs: Type.Integer({ description: "How long it waited for the rate limit, in ms" }),
  },
  closed,
);

export const pauseState = Type.Object({ machine: text, paused }, closed);

export const item = Type.Object({ value: Type.Unknown() }, closed);

export const changedItem = Type.Object({ machine: text, key: text }, closed);
