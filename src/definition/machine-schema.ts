/**
 * The shape of a machine file, every key with the words that editors show for it. One source: the door checks with it,
 * schemas/machine.schema.json is written from it. What a type's `properties` may hold, the type itself says.
 */
import { type TSchema, Type } from "typebox";
import { assignmentKeys } from "./assignments/schema.ts";
import { durationSchema } from "./shape.ts";

/** A name of a machine, state, transition or watcher: also safe in a file name, a key and a state chart. */
export const namePattern = "^[A-Za-z][A-Za-z0-9_-]*$";
export const longestName = 128;
/** Transitions, and watchers, of one machine: far more than anyone draws, few enough to check at once. */
export const mostParts = 1_000;

/** Choria's delays: the nominal wait before the n-th transition since a quiet minute. */
export const defaultDelaysMs: readonly number[] = Object.freeze([
  0, 25, 50, 75, 100, 125, 150, 200, 250, 500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000,
]);
export const defaultQuietMs = 60_000;
export const shortestAnnounceMs = 60_000;

const closed = { additionalProperties: false } as const;

function name(description: string): TSchema {
  return Type.String({
    description,
    minLength: 1,
    maxLength: longestName,
    pattern: namePattern,
    patternErrorMessage: "a name begins with a letter and has only letters, digits, _ and -",
  });
}

const subscription = Type.Object(
  {
    machine_name: name("The machine to listen to."),
    event: name("The transition of that machine that fires this one."),
  },
  { ...closed, description: "A transition of another machine of this daemon." },
);

const transition = Type.Object(
  {
    name: name("What watchers, people and subscriptions ask for."),
    from: Type.Array(name("A state."), {
      description:
        "The states in which this transition is legal. In all others it is refused with a warning.",
    }),
    destination: name(
      "The state that the machine is in afterwards. When it is in that state already, nothing is told to watchers.",
    ),
    description: Type.Optional(Type.String({ description: "For people: what this transition means." })),
    when: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The transition is legal only while this condition over data, facts, identity and state holds. Several of one name from one state are asked in their order; one without a condition comes last.",
        examples: ["data.size > 10"],
      }),
    ),
    ...assignmentKeys,
    subscribe: Type.Optional(
      Type.Array(subscription, {
        description: "Fires this transition when another machine makes one of these transitions.",
      }),
    ),
  },
  {
    ...closed,
    description:
      "A way from some states to one. The same name may stand several times, to lead to different states from different ones.",
  },
);

const foreignState = Type.Object(
  {
    machine_name: name("The other machine."),
    state: name("The state that it must be in."),
  },
  { ...closed, description: "A state that another machine of this daemon must be in." },
);

const retry = Type.Object(
  {
    times: Type.Integer({ minimum: 1, maximum: 100, description: "How often it is tried again." }),
    delay: Type.Optional(durationSchema({ description: "Wait before the first new try.", default: "1s" })),
    backoff: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 10,
        default: 2,
        description: "Each wait is so many times the one before; 1: all are equal.",
      }),
    ),
    longest: Type.Optional(durationSchema({ description: "No wait is longer than this.", default: "1m" })),
    jitter: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description: "Each wait is varied at random by this part of it, up and down.",
      }),
    ),
  },
  { ...closed, description: "Looks that end in an error are tried again before fail_transition is fired." },
);

/** The keys that watchers of all types have; each type adds what its `properties` hold. */
export const watcherKeys = {
  name: name("Unique in this machine."),
  type: Type.String({ minLength: 1, description: "How to look: the watcher type." }),
  state_match: Type.Optional(
    Type.Array(name("A state."), {
      description: "The states in which this watcher is active. Left out or empty: all.",
    }),
  ),
  foreign_state_required: Type.Optional(
    Type.Array(foreignState, {
      description: "Other machines that must all be in the state named here for this watcher to be active.",
    }),
  ),
  success_transition: Type.Optional(name("Fired when the watcher finds what it looks for.")),
  fail_transition: Type.Optional(name("Fired when the watcher fails.")),
  interval: Type.Optional(
    durationSchema({
      description: "Time from one look to the next. What happens without it, the type says.",
    }),
  ),
  announce_interval: Type.Optional(
    durationSchema({ description: "Publish the watcher's state this often, at least 1m. Left out: never." }),
  ),
  retry: Type.Optional(retry),
  requires: Type.Optional(
    Type.Array(name("A watcher of this machine."), {
      description:
        "Watchers that must have succeeded since the machine entered its state; until then this one does not look.",
    }),
  ),
  properties: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { description: "What the watcher type needs to know." }),
  ),
};

const watcher = Type.Object(watcherKeys, {
  ...closed,
  description: "Looks at something, and fires transitions for what it finds.",
});

const rateLimit = Type.Object(
  {
    delays: Type.Optional(
      Type.Array(durationSchema({ description: "A wait." }), {
        minItems: 1,
        maxItems: 100,
        description:
          "The wait before the first, second, third… transition since a quiet time; the last one repeats. Each is varied by half up and down.",
      }),
    ),
    quiet: Type.Optional(
      durationSchema({
        description: "After this long without a transition, counting starts again.",
        default: "1m",
      }),
    ),
  },
  { ...closed, description: "Own delays." },
);

/** A whole machine file. */
export const machineSchema = Type.Object(
  {
    name: name("The machine's name, unique among the machines of a daemon."),
    version: Type.String({ minLength: 1, description: "The version of this file, such as 1.2.3." }),
    initial_state: name("The state that a new machine starts in."),
    transitions: Type.Array(transition, {
      minItems: 1,
      maxItems: mostParts,
      description: "How the machine moves. Its states are those named here and the initial one.",
    }),
    watchers: Type.Array(watcher, {
      minItems: 1,
      maxItems: mostParts,
      description: "What moves the machine by itself.",
    }),
    description: Type.Optional(Type.String({ description: "For people: what this machine does." })),
    splay_start: Type.Optional(
      Type.Union(
        [
          Type.Integer({ minimum: 0, description: "Whole seconds." }),
          durationSchema({ description: "A duration." }),
        ],
        {
          default: 0,
          description:
            "Wait a random time shorter than this before starting, so that many hosts do not start at once.",
        },
      ),
    ),
    on_restart: Type.Optional(
      Type.Union([Type.Literal("resume"), Type.Literal("reset")], {
        default: "resume",
        description:
          "After a restart of the daemon, resume goes on in the state of before, reset starts in initial_state with the same data.",
      }),
    ),
    rate_limit: Type.Optional(
      Type.Union([Type.Literal(false, { description: "No limit." }), rateLimit], {
        description:
          "How fast the machine may move. Left out: no wait for the first transition, then ever longer ones up to 5s, until a quiet minute.",
      }),
    ),
  },
  { ...closed, title: "machinist machine", description: "A finite state machine that machinist runs." },
);
