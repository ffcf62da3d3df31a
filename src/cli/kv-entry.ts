/** One entry of a bucket, as people and as programs see it. */
import type { Entry } from "../kv/store.ts";
import type { JsonObject } from "../lib/json.ts";
import type { Output } from "./output.ts";
import { localTime, oneLine } from "./table.ts";

const longestCell = 40;
const shownOfEachEnd = 15;

/**
 * `value` when the bytes are UTF-8, else `valueBase64`; neither with `withoutValue`. Times are ISO 8601;
 * `ttlMs` only of an entry that has a life of its own.
 */
export function entryJson(entry: Entry, options: { readonly withoutValue?: boolean } = {}): JsonObject {
  const text = utf8(entry.value);
  const value = text === undefined ? { valueBase64: base64(entry.value) } : { value: text };
  return {
    bucket: entry.bucket,
    key: entry.key,
    ...(options.withoutValue ? {} : value),
    revision: entry.revision,
    created: entry.created.toISOString(),
    delta: entry.delta,
    operation: entry.operation,
    length: entry.length,
    ...(entry.ttlMs === undefined ? {} : { ttlMs: entry.ttlMs }),
  };
}

/** The value as text when a person can read it, else in base64. Line breaks and tabs stay. */
export function readable(value: Uint8Array): string {
  const text = utf8(value);
  const isReadable = text !== undefined && !/\p{Cc}/u.test(text.replace(/[\n\r\t]/g, ""));
  return isReadable ? text : base64(value);
}

/** A value for a cell of a table: one line, and of a long one the beginning and the end. */
export function shortened(value: Uint8Array): string {
  const text = oneLine(readable(value));
  const characters = [...text];
  if (characters.length <= longestCell) return text;
  return `${characters.slice(0, shownOfEachEnd).join("")}...${characters.slice(-shownOfEachEnd).join("")}`;
}

/** `[2026-01-02 15:04:05] PUT CFG > username: value`, one line whatever the value holds. */
export function entryLine(
  entry: Entry,
  output: Output,
  options: { readonly withoutValue?: boolean } = {},
): string {
  const paint = entry.operation === "PUT" ? output.paint.green : output.paint.red;
  const head = `[${localTime(entry.created)}] ${paint(entry.operation)} ${entry.bucket} > ${entry.key}`;
  if (entry.operation !== "PUT") return head;
  return options.withoutValue ? `${head} (${entry.length} B)` : `${head}: ${oneLine(readable(entry.value))}`;
}

function base64(value: Uint8Array): string {
  return Buffer.from(value).toString("base64");
}

function utf8(value: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return undefined;
  }
}
