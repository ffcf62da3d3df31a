/** `If-Match` and `If-None-Match`: an entry's tag is its revision. */
import type { IncomingHttpHeaders } from "node:http";
import { MachinistError } from "../lib/errors.ts";

/** `revision`: only if that is the newest; `absent`: only if there is no live value; `present`: only if there is one. */
export type Condition = { readonly revision: number } | "absent" | "present" | "none";

export function tagOf(revision: number): string {
  return `"${revision}"`;
}

/** @throws INVALID_ARGUMENT for what is neither a revision nor `*`, and for both at once */
export function conditionOf(headers: IncomingHttpHeaders): Condition {
  const match = headers["if-match"];
  const noneMatch = headers["if-none-match"];
  if (match !== undefined && noneMatch !== undefined)
    throw new MachinistError("INVALID_ARGUMENT", "If-Match and If-None-Match exclude each other: send one");
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === "*") return "absent";
    throw new MachinistError("INVALID_ARGUMENT", "If-None-Match of a change can only be *");
  }
  if (match === undefined) return "none";
  if (match.trim() === "*") return "present";
  return { revision: revisionOf(match) };
}

/** Of a read: whether the reader has this revision already. */
export function isKnown(headers: IncomingHttpHeaders, revision: number): boolean {
  const tags = headers["if-none-match"]?.split(",").map((tag) => tag.trim()) ?? [];
  return tags.includes("*") || tags.includes(tagOf(revision));
}

function revisionOf(tag: string): number {
  const digits = /^\s*"?([1-9]\d{0,15})"?\s*$/.exec(tag)?.[1];
  if (digits !== undefined) return Number(digits);
  const message = `If-Match is ${JSON.stringify(tag)}, expected one revision in quotes, such as "12", or *`;
  throw new MachinistError("INVALID_ARGUMENT", message);
}
