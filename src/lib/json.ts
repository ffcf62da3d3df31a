/** JSON values, and what machinist does with them everywhere: freeze, compare, and refuse those that are too deep. */
import { isDeepStrictEqual } from "node:util";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** True for `{…}`: not null, not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Levels of lists and objects in each other. Far fewer than what writing a value back as text has stack for. */
const deepestJson = 200;

/** True for what can be parsed, and might not be written again. */
export function isTooDeep(value: unknown, levels = deepestJson): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

/** Freezes a value and everything in it; returns the same value. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}

/** Deep equality of two JSON values; the order of object keys does not matter. */
export function jsonEqual(left: Json | undefined, right: Json | undefined): boolean {
  return isDeepStrictEqual(left, right);
}
