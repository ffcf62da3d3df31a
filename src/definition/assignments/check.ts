/** What transitions set and count, each with what is wrong with it. Pure. */
import { formatDuration } from "../../lib/duration.ts";
import { messageOf } from "../../lib/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { parseTemplate } from "../../lib/template.ts";
import type { Path, Problem } from "../fault.ts";
import { mostParts } from "../machine-schema.ts";
import { incrementsIn, type PlacedIncrement } from "./read.ts";

const shortestWindowMs = 1_000;

/** @param document a machine in normal form, of any shape */
export function checkAssignments(document: Json, lineOf: (path: Path) => number): Problem[] {
  const transitions = isJsonObject(document) ? document["transitions"] : undefined;
  if (!Array.isArray(transitions)) return [];
  const counters: PlacedIncrement[] = [];
  return transitions.slice(0, mostParts).flatMap((transition: Json, index) => {
    if (!isJsonObject(transition)) return [];
    const at: Path = ["transitions", index];
    const increments = incrementsIn(transition["increment"]).map((increment) => ({
      ...increment,
      path: [...at, ...increment.path],
    }));
    const problems = [
      ...templateProblems(transition["set"], [...at, "set"]),
      ...increments.flatMap(checkWindow),
      ...namedTwice(transition, increments),
      ...increments.flatMap((increment) => otherWindow(increment, counters, lineOf)),
    ];
    counters.push(...increments);
    return problems;
  });
}

/** Every text in a value is a template. */
function templateProblems(value: Json | undefined, path: Path): Problem[] {
  if (typeof value === "string") {
    try {
      parseTemplate(value);
      return [];
    } catch (cause) {
      return [{ path, message: messageOf(cause) }];
    }
  }
  if (Array.isArray(value)) return value.flatMap((item: Json, at) => templateProblems(item, [...path, at]));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => templateProblems(member, [...path, key]));
}

function checkWindow({ windowMs, path }: PlacedIncrement): Problem[] {
  if (windowMs === undefined || windowMs >= shortestWindowMs) return [];
  const message = `${formatDuration(windowMs)} is too short for a window; expected at least ${formatDuration(shortestWindowMs)}`;
  return [{ path: [...path.slice(0, -1), "window"], message }];
}

function namedTwice({ set }: JsonObject, increments: readonly PlacedIncrement[]): Problem[] {
  return increments.flatMap(({ key, path }, index): Problem[] => {
    const name = JSON.stringify(key);
    if (isJsonObject(set) && Object.hasOwn(set, key))
      return [{ path, message: `${name} is in set and in increment; remove one of them` }];
    if (!increments.slice(0, index).some((earlier) => earlier.key === key)) return [];
    return [{ path, message: `${name} is counted twice by one transition; use \`by\` to add more than 1` }];
  });
}

/** What a counter counts must not depend on the transition that is made. */
function otherWindow(
  { key, windowMs, path }: PlacedIncrement,
  counters: readonly PlacedIncrement[],
  lineOf: (path: Path) => number,
): Problem[] {
  const first = counters.find((counter) => counter.key === key);
  if (!first || first.windowMs === windowMs) return [];
  const message = `the counter ${JSON.stringify(key)} has ${windowText(windowMs)} here and ${windowText(first.windowMs)} on line ${lineOf(first.path)}; expected the same window in all transitions of a machine`;
  return [{ path, message }];
}

function windowText(windowMs: number | undefined): string {
  return windowMs === undefined ? "no window" : `a window of ${formatDuration(windowMs)}`;
}
