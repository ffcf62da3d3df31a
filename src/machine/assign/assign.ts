/** What a transition makes of a machine's data: the implementation of the action `assign` of compiled machines. Pure. */
import type { Assignments, Increment } from "../../definition/shape.ts";
import { formatDuration } from "../../lib/duration.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import type { TemplateScope } from "../../lib/template.ts";
import { isCount, type MachineData, withMore } from "./counters.ts";

/** Parameters of the action: what it sets and counts, as JSON. */
export interface AssignParameters {
  readonly set?: JsonObject;
  readonly increment?: readonly { readonly key: string; readonly by: number; readonly window?: string }[];
}

export interface AssignScope extends Omit<TemplateScope, "data"> {
  readonly nowMs: number;
}

export function assignParameters({ set, increments }: Assignments): AssignParameters {
  return {
    ...(set.length === 0
      ? {}
      : { set: Object.fromEntries(set.map(({ key, value }) => [key, value.source])) }),
    ...(increments.length === 0 ? {} : { increment: increments.map(counterText) }),
  };
}

function counterText({ key, by, windowMs }: Increment): { key: string; by: number; window?: string } {
  return { key, by, ...(windowMs === undefined ? {} : { window: formatDuration(windowMs) }) };
}

/**
 * Everything is evaluated with the data of before.
 * @param before as it is at `nowMs`: see `dataAt`
 * @throws what evaluating throws, with the place; never with a value
 */
export function assigned(before: MachineData, assignments: Assignments, scope: AssignScope): MachineData {
  // A Map and fromEntries, not assignment: `__proto__` is a legal name here.
  const data = new Map<string, Json>(Object.entries(before.data));
  const occurrences = new Map(Object.entries(before.occurrences));
  for (const { key, value } of assignments.set) {
    data.set(
      key,
      placed(`set.${key}`, () => value.value({ ...scope, data: before.data })),
    );
  }
  for (const { key, by, windowMs } of assignments.increments) {
    const count = placed(`increment of ${key}`, () => countIn(data.get(key), key));
    if (windowMs === undefined) data.set(key, Math.min(count + by, Number.MAX_SAFE_INTEGER));
    else {
      const times = withMore(occurrences.get(key) ?? [], by, scope.nowMs);
      occurrences.set(key, times);
      data.set(key, times.length);
    }
  }
  return { data: Object.fromEntries(data), occurrences: Object.fromEntries(occurrences) };
}

function countIn(item: Json | undefined, key: string): number {
  if (item === undefined) return 0;
  if (isCount(item)) return item;
  throw new Error(
    `data item ${JSON.stringify(key)} is not a whole number from 0; set it to 0 or remove it (\`machinist data\`)`,
  );
}

function placed<Result>(place: string, act: () => Result): Result {
  try {
    return act();
  } catch (cause) {
    throw new Error(`${place}: ${messageOf(cause)}`, { cause });
  }
}
