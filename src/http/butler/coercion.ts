/** Takes what Butler's clients send for what they mean: numbers for text, text for numbers. Words of refusals are Butler's. */
import { isJsonObject } from "../../lib/json.ts";
import { misshapen } from "./refusal.ts";

/** What is asked to be written; what is undefined was not given. */
export interface Written {
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly ttl: number | undefined;
}

/** @throws Refusal */
export function writtenIn(body: unknown): Written {
  if (!isJsonObject(body)) throw misshapen("body must be object");
  const { key, value, ttl } = body;
  return {
    key: textIn(key, "key"),
    value: textIn(value, "value"),
    ttl: ttl === undefined ? undefined : numberIn(ttl),
  };
}

/** The one `key` of a query. @throws Refusal */
export function keyIn(query: unknown): string {
  const key = optionalKeyIn(query);
  if (key === undefined) throw misshapen("querystring must have required property 'key'");
  return key;
}

/** @throws Refusal when there are several */
export function optionalKeyIn(query: unknown): string | undefined {
  const { key } = isJsonObject(query) ? query : {};
  if (key === undefined || typeof key === "string") return key;
  throw misshapen("querystring/key must be string");
}

/** Whole ms, read from the text of a number as Butler does; 0 where there is none. */
export function wholeMs(ttl: unknown): number {
  return Number.parseInt(String(ttl), 10) || 0;
}

function textIn(found: unknown, name: string): string | undefined {
  const given = soleElement(found);
  switch (typeof given) {
    case "undefined":
    case "string":
      return given;
    case "number":
    case "boolean":
      return String(given);
    default:
      if (given === null) return "";
      throw misshapen(`body/${name} must be string`);
  }
}

function numberIn(found: unknown): number {
  const given = soleElement(found);
  if (typeof given === "number") return given;
  if (given === null || typeof given === "boolean") return Number(given);
  const number = typeof given === "string" && given !== "" ? Number(given) : Number.NaN;
  if (Number.isNaN(number)) throw misshapen("body/ttl must be number");
  return number;
}

function soleElement(found: unknown): unknown {
  return Array.isArray(found) && found.length === 1 ? found[0] : found;
}
