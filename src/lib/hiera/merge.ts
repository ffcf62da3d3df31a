/** How an override meets the data below it. Pure; gives new objects. */
import { isJsonObject, type Json, type JsonObject } from "../json.ts";

/** Objects are merged, lists joined, everything else is replaced. */
export function mergeDeep(below: JsonObject, above: JsonObject): JsonObject {
  const merged = Object.entries(above).map(([key, value]): [string, Json] => {
    const existing = Object.hasOwn(below, key) ? below[key] : undefined;
    return [key, existing === undefined ? value : meet(existing, value)];
  });
  return Object.fromEntries([...Object.entries(below), ...merged]);
}

/** Item by item, each replaced whole. */
export function mergeShallow(below: JsonObject, above: JsonObject): JsonObject {
  return Object.fromEntries([...Object.entries(below), ...Object.entries(above)]);
}

function meet(existing: Json, value: Json): Json {
  if (isJsonObject(existing) && isJsonObject(value)) return mergeDeep(existing, value);
  return isList(existing) && isList(value) ? [...existing, ...value] : value;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
