/** The functions that a template may call, and how a value becomes text. Knows nothing of the template's grammar. */
import type { Json } from "./json.ts";

/** A function of one value; throws an Error that says what it wanted. Its message never holds the value. */
export type TemplateFunction = (value: Json) => Json;

export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map([
  [
    "Title",
    (value: Json) => textOf(value).replace(/(?<![\p{L}\p{N}_])\p{L}/gu, (letter) => letter.toUpperCase()),
  ],
  ["Capitalize", (value: Json) => textOf(value).replace(/^\p{L}/u, (letter) => letter.toUpperCase())],
  ["ToLower", (value: Json) => textOf(value).toLowerCase()],
  ["ToUpper", (value: Json) => textOf(value).toUpperCase()],
  ["StringsJoin", join],
  // Choria's documentation calls it so, its code the other way.
  ["StringJoin", join],
  ["Base64Encode", (value: Json) => Buffer.from(textOf(value), "utf8").toString("base64")],
  ["Base64Decode", decode],
]);

/** Strings as they are; numbers, booleans, null, lists and objects as JSON writes them. */
export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function join(value: Json): string {
  if (!Array.isArray(value)) throw new Error(`expects a list, found ${kindOf(value)}`);
  return value.map(textOf).join(", ");
}

function decode(value: Json): string {
  const text = textOf(value).replace(/\s+/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new Error("expects base64, found other characters");
  }
  return Buffer.from(text, "base64").toString("utf8");
}

function kindOf(value: Json): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
