/** Values that a schema allows, and the same with something wrong. */
import fc from "fast-check";
import type { Schema } from "./description.ts";
import { hostileText } from "./hostile.ts";

/** Texts that mean something to the daemon that is asked, by the name of the member or parameter. */
export type Known = Readonly<Record<string, readonly string[]>>;

/** @param name of the member, for what is known of it */
export function valid(schema: Schema, known: Known, name = ""): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => valid(one, known, name)));
  switch (schema.type) {
    case "object":
      return objectOf(schema, known);
    case "array":
      return fc.array(valid(schema.items ?? {}, known), { maxLength: Math.min(schema.maxItems ?? 8, 8) });
    case "string":
      return textOf(schema, known, name);
    case "integer":
      return fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 }) },
        { weight: 1, arbitrary: fc.maxSafeInteger() },
      );
    case "number":
      return fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.double({ noNaN: true }));
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 3 });
  }
}

function objectOf({ properties = {}, required = [] }: Schema, known: Known): fc.Arbitrary<unknown> {
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, schema] of Object.entries(properties)) members[name] = valid(schema, known, name);
  return fc.record(members, { requiredKeys: [...required], noNullPrototype: true });
}

function textOf({ pattern, format }: Schema, known: Known, name: string): fc.Arbitrary<string> {
  if (format === "date-time")
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") })
      .map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const texts = known[name];
  if (!texts) return fc.string({ maxLength: 20 });
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...texts) }, fc.string({ maxLength: 20 }));
}

/** A body of this shape in which one thing is not as it ought to be. */
export function broken(schema: Schema, known: Known): fc.Arbitrary<unknown> {
  return fc.tuple(valid(schema, known), wrong, hostileText, fc.nat(4)).map(([value, put, name, which]) => {
    if (Array.isArray(value)) return [...value, put];
    if (typeof value !== "object" || value === null) return put;
    const names = Object.keys(value);
    const chosen = names[which % Math.max(names.length, 1)] ?? name;
    if (which === 4) return Object.fromEntries(Object.entries(value).filter(([member]) => member !== chosen));
    return { ...value, [which === 3 ? name : chosen]: put };
  });
}

const wrong: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    -1e308,
    2 ** 53,
    "",
    "\0",
    [],
    {},
    [[]],
    ["a", "b"],
  ),
  hostileText,
  fc.jsonValue({ maxDepth: 3 }),
);
