/** Kinds of values, in the words that people read. */
import { isJsonObject, type Json } from "../json.ts";

export type Kind = "nil" | "boolean" | "number" | "text" | "list" | "map" | "any";

export function kindOf(value: Json): Exclude<Kind, "any"> {
  if (value === null) return "nil";
  if (isJsonObject(value)) return "map";
  if (typeof value === "object") return "list";
  if (typeof value === "string") return "text";
  return typeof value === "number" ? "number" : "boolean";
}

const names: Readonly<Record<Kind, string>> = {
  nil: "nil",
  boolean: "true or false",
  number: "a number",
  text: "text",
  list: "a list",
  map: "a map",
  any: "any value",
};

export function nameOfKind(kind: Kind): string {
  return names[kind];
}
