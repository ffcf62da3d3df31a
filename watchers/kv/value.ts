/** What the bytes of an entry mean to a machine. Pure; knows neither stores nor machines. */
import { MachinistError } from "../../src/lib/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/lib/json.ts";
import type { Query } from "../../src/lib/query.ts";

/** What is made of a value that is an object. */
export interface Reading {
  /** Takes a part of it. */
  readonly query?: Query | undefined;
  /** Makes another object of it, before the query. */
  readonly resolve?: ((document: JsonObject) => JsonObject) | undefined;
}

/**
 * `{…}` is read as an object and `[…]` as a list, white space around them aside; everything else, numbers and quoted
 * strings included, stays the text that it is.
 * @throws BAD_VALUE for broken JSON in braces or brackets, and for a query without a hit; the message never holds the text
 */
export function readValue(text: string, { query, resolve }: Reading = {}): Json {
  const trimmed = text.trim();
  const isJson = isEnclosed(trimmed, "{", "}") || isEnclosed(trimmed, "[", "]");
  if (!isJson) return text;
  const value = parseJson(trimmed);
  if (!isJsonObject(value)) return value;
  const resolved = resolve ? asKept(resolve(value)) : value;
  return query ? found(resolved, query) : resolved;
}

function isEnclosed(text: string, first: string, last: string): boolean {
  return text.length > 1 && text.startsWith(first) && text.endsWith(last);
}

function parseJson(text: string): Json {
  try {
    return asKept(JSON.parse(text));
  } catch {
    // The parser's own message quotes the text.
    const kind = text.startsWith("{") ? "object in braces" : "list in brackets";
    throw new MachinistError(
      "BAD_VALUE",
      `found a value that looks like a JSON ${kind} but cannot be parsed; write valid JSON, or text without them around it`,
    );
  }
}

/** What JSON cannot keep (-0, 1e999) must not look changed each time the machine's data was read back. */
function asKept(value: Json): Json {
  return JSON.parse(JSON.stringify(value));
}

function found(value: Json, query: Query): Json {
  const hit = query.find(value);
  if (hit !== undefined) return hit;
  throw new MachinistError(
    "BAD_VALUE",
    "the query found nothing in the value; correct `query`, or write a value that has what it asks for",
  );
}
