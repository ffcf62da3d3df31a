/** One entry of a bucket, as people see it. */
import { base64, utf8 } from "../kv/entry-json.ts";
import type { Entry } from "../kv/store.ts";
import type { Output } from "./output.ts";
import { localTime, oneLine } from "./table.ts";

const longestCell = 40;
const shownOfEachEnd = 15;

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
