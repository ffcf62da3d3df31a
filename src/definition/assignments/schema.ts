/** `set` and `increment` of a transition as they are written. */
import { type TSchema, Type } from "typebox";
import { durationSchema } from "../shape.ts";

/** Occurrences that a counter with a window keeps at most; it counts no further. */
export const mostOccurrences = 1_000;

const longestKey = 1_024;

const key: TSchema = Type.String({
  minLength: 1,
  maxLength: longestKey,
  description: "The item of data that counts.",
});

const counter = Type.Object(
  {
    key,
    by: Type.Optional(
      Type.Integer({ minimum: 1, maximum: mostOccurrences, default: 1, description: "How much is added." }),
    ),
    window: Type.Optional(
      durationSchema({
        description: `Count only what happened within this time; at most ${mostOccurrences}. Left out: everything counts.`,
      }),
    ),
  },
  { additionalProperties: false, description: "A counter in the data." },
);

export const assignmentKeys = {
  set: Type.Optional(
    Type.Record(Type.String({ minLength: 1, maxLength: longestKey }), Type.Unknown(), {
      description:
        "Items of data that the transition sets, in the same write. Text may hold templates over data (as before the transition), facts and transition (name, from, at, by); text that is one template keeps the type of its value.",
      examples: [{ restarted_at: '{{ lookup "transition.at" "" }}' }],
    }),
  ),
  increment: Type.Optional(
    Type.Union([key, counter, Type.Array(Type.Union([key, counter]), { minItems: 1 })], {
      description:
        "Items of data that the transition counts up, in the same write: a key, a counter, or a list.",
      examples: ["restarts", { key: "restarts", window: "1h" }],
    }),
  ),
};
