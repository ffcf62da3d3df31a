/** What a value has that its schema does not allow: found, expected, what to do. Knows keywords, no validator. */

import { didYouMean } from "../lib/did-you-mean.ts";
import { parseDuration } from "../lib/duration.ts";
import { messageOf } from "../lib/errors.ts";
import { isJsonObject } from "../lib/json.ts";
import type { Complaint } from "./complaint.ts";
import { choice, foundText } from "./value-words.ts";

export function valueMessage(complaint: Complaint): string {
  const { keyword, params, data, parent } = complaint;
  const limit = String(params["limit"]);
  switch (keyword) {
    case "type":
      return typeMessage(data, parent);
    case "anyOf":
    case "oneOf":
      return branchMessage(complaint);
    case "enum":
    case "const":
      return oneOfMessage(data, keyword === "enum" ? complaint.schema : [complaint.schema]);
    case "format":
      return formatMessage(data, String(complaint.schema));
    case "pattern":
      return patternMessage(data, parent);
    case "minLength":
      return data === ""
        ? "the text is empty"
        : `${foundText(data)} is too short, expected at least ${limit} characters`;
    case "maxLength":
      return `${foundText(data)} is too long, expected at most ${limit} characters`;
    case "minItems":
      return `found ${foundText(data)}, expected at least ${limit === "1" ? "one" : limit}`;
    case "maxItems":
      return `the list is too long, expected at most ${limit}`;
    case "uniqueItems":
      return `items ${String(params["j"])} and ${String(params["i"])} of the list are the same`;
    case "minimum":
    case "exclusiveMinimum":
    case "maximum":
    case "exclusiveMaximum":
      return `found ${foundText(data)}, expected a number ${String(params["comparison"])} ${limit}`;
    default:
      return `found ${foundText(data)}, which breaks the rule "${keyword}" of this key`;
  }
}

function typeMessage(data: unknown, parent: Complaint["parent"]): string {
  if (typeof data === "number" && isDuration(parent))
    return `${data} has no unit, write "${data}s" for seconds`;
  return `found ${foundText(data)}, expected ${expectation(parent)}${typeHint(data, parent)}`;
}

function typeHint(data: unknown, { type, pattern }: Complaint["parent"]): string {
  const isPlain = typeof data === "number" || typeof data === "boolean";
  if (type === "array" && (isPlain || typeof data === "string")) return `: write [${data}]`;
  if (type !== "string" || !isPlain) return "";
  const wouldDo = typeof pattern !== "string" || new RegExp(pattern, "u").test(String(data));
  return wouldDo ? `: write "${data}" in quotes` : "";
}

/** What a schema wants, in words. */
function expectation(schema: Complaint["parent"]): string {
  if (schema["const"] !== undefined) return foundText(schema["const"]);
  if (isDuration(schema)) return 'a duration such as "10s"';
  const types = [schema["type"]].flat();
  const words = {
    string: "text",
    array: "a list",
    object: "a map",
    boolean: "true or false",
    null: "nothing",
  };
  const numbers = { integer: "a whole number", number: "a number" };
  const known: Readonly<Record<string, string>> = { ...words, ...numbers };
  return choice(types.map((type) => known[String(type)] ?? "another value"));
}

function isDuration(schema: Complaint["parent"]): boolean {
  return schema["format"] === "machinist-duration";
}

function branchMessage({ schema, data }: Complaint): string {
  const branches = (Array.isArray(schema) ? schema : []).filter(isJsonObject);
  const constants = branches.map((branch) => branch["const"]).filter((value) => typeof value === "string");
  const hint = typeof data === "string" ? didYouMean(data, constants) : "";
  return `found ${foundText(data)}, expected ${choice(branches.map(expectation))}${hint}`;
}

function oneOfMessage(data: unknown, allowed: unknown): string {
  const values: unknown[] = Array.isArray(allowed) ? allowed : [];
  const hint = typeof data === "string" ? didYouMean(data, values.map(String)) : "";
  return `found ${foundText(data)}, expected ${choice(values.map(foundText))}${hint}`;
}

function formatMessage(data: unknown, format: string): string {
  if (format !== "machinist-duration") return `${foundText(data)} is no ${format}`;
  try {
    parseDuration(String(data));
    return `${foundText(data)} is no duration`;
  } catch (error) {
    return messageOf(error);
  }
}

function patternMessage(data: unknown, parent: Complaint["parent"]): string {
  if (isDuration(parent)) return formatMessage(data, "machinist-duration");
  return `${foundText(data)} is not allowed: ${String(parent["patternErrorMessage"] ?? parent["description"])}`;
}
