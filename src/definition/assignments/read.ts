/** `set` and `increment` of a transition in the names of the code. Reads anything, as the draft does. Pure. */
import { parseDuration } from "../../lib/duration.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { parseValueTemplate } from "../../lib/template.ts";
import type { Assignments, Increment, SetItem } from "../shape.ts";

/** A counter, and where it stands inside the transition. */
export interface PlacedIncrement extends Increment {
  readonly path: readonly (string | number)[];
}

export function readAssignments(transition: JsonObject): Assignments | undefined {
  const set = setItems(transition["set"]);
  const increments = incrementsIn(transition["increment"]).map(({ path: _path, ...increment }) => increment);
  return set.length + increments.length === 0 ? undefined : { set, increments };
}

/** In order; those that cannot be read are left out. */
export function incrementsIn(written: Json | undefined): PlacedIncrement[] {
  const items: readonly Json[] = Array.isArray(written) ? written : written === undefined ? [] : [written];
  return items.flatMap((item, index) => {
    const path = ["increment", ...(Array.isArray(written) ? [index] : [])];
    if (typeof item === "string") return [{ key: item, by: 1, windowMs: undefined, path }];
    if (!isJsonObject(item) || typeof item["key"] !== "string") return [];
    const by = typeof item["by"] === "number" ? item["by"] : 1;
    return [{ key: item["key"], by, windowMs: durationMs(item["window"]), path: [...path, "key"] }];
  });
}

function setItems(written: Json | undefined): SetItem[] {
  if (!isJsonObject(written)) return [];
  return Object.entries(written).flatMap(([key, source]) => {
    try {
      return [{ key, value: parseValueTemplate(source) }];
    } catch {
      // The check complains of it.
      return [];
    }
  });
}

function durationMs(value: Json | undefined): number | undefined {
  try {
    return typeof value === "string" ? parseDuration(value) : undefined;
  } catch {
    // The schema has complained of it.
    return undefined;
  }
}
