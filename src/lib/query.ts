/**
 * Paths into JSON values: the part of gjson's language that machines use. `a.b`, `a\.b` for a key with a dot, `list.0`, `list.#` for
 * its length, `list.#.name` for one field of each, `*` and `?` in keys. Sees own properties only.
 */
import { MachinistError } from "./errors.ts";
import { isJsonObject, type Json } from "./json.ts";

/** A path, read once. */
export interface Query {
  /** As it was written. */
  readonly text: string;
  /** What is there; undefined when nothing is. A `null` that is there is null. */
  find(value: Json): Json | undefined;
}

/** One character of a key: as it is, `*` or `?`. */
type KeyPart = { readonly literal: string } | "any" | "one";

interface Step {
  readonly parts: readonly KeyPart[];
  /** The key when it has no wildcards. */
  readonly key: string | undefined;
  /** An unescaped `#`. */
  readonly each: boolean;
}

const modifiers =
  /^@(pretty|ugly|reverse|this|valid|keys|values|tostr|fromstr|group|flatten|join|dig)(?=[.|:]|$)/;

/** @throws INVALID_ARGUMENT for an empty path and for the parts of gjson that are not supported */
export function parseQuery(text: string): Query {
  if (text === "") throw fault(text, "is empty: write a path such as a.b");
  const steps: Step[] = [];
  let position = 0;
  while (position <= text.length) {
    const { step, end } = readStep(text, position);
    steps.push(step);
    position = end + 1;
  }
  return { text, find: (value) => walk(value, steps, 0) };
}

function fault(text: string, problem: string): MachinistError {
  return new MachinistError("INVALID_ARGUMENT", `query ${JSON.stringify(text)} ${problem}`);
}

/** Reads up to the next unescaped dot. */
function readStep(text: string, start: number): { step: Step; end: number } {
  refuseUnsupported(text, start);
  const parts: KeyPart[] = [];
  let end = start;
  while (end < text.length && text[end] !== ".") {
    const escaped = text[end] === "\\";
    parts.push(escaped ? escapedPart(text, end + 1) : partOf(text, end));
    end += escaped ? 2 : 1;
  }
  const plain = parts.every((part) => typeof part === "object");
  const key = plain ? parts.map((part) => part.literal).join("") : undefined;
  return { step: { parts, key, each: text.slice(start, end) === "#" }, end };
}

function escapedPart(text: string, at: number): KeyPart {
  const literal = text[at];
  if (literal === undefined) throw fault(text, "ends with a backslash");
  return { literal };
}

function partOf(text: string, at: number): KeyPart {
  const character = text[at] ?? "";
  if (character === "|")
    throw fault(text, "has a pipe, which is not supported: write \\| for a key with one");
  if (character === "*") return "any";
  return character === "?" ? "one" : { literal: character };
}

function refuseUnsupported(text: string, start: number): void {
  const rest = text.slice(start);
  if (rest.startsWith("#(")) throw fault(text, "searches a list with #(…), which is not supported");
  if (modifiers.test(rest))
    throw fault(text, "uses a modifier (@…), which is not supported: write \\@ for a key");
  if (/^[[{!]/.test(rest))
    throw fault(text, `uses ${rest[0]}, which is not supported: write \\${rest[0]} for a key`);
  if (start === 0 && rest.startsWith(".."))
    throw fault(text, "reads lines of JSON (..), which is not supported");
}

function walk(value: Json, steps: readonly Step[], index: number): Json | undefined {
  const step = steps[index];
  if (!step) return value;
  if (isList(value)) return walkList(value, steps, index);
  if (!isJsonObject(value)) return undefined;
  const key = step.key ?? Object.keys(value).find((name) => matches(name, step.parts));
  if (key === undefined || !Object.hasOwn(value, key)) return undefined;
  const found = value[key];
  return found === undefined ? undefined : walk(found, steps, index + 1);
}

function walkList(list: readonly Json[], steps: readonly Step[], index: number): Json | undefined {
  const step = steps[index];
  if (step?.each) {
    if (index + 1 === steps.length) return list.length;
    return list.map((item) => walk(item, steps, index + 1)).filter((found) => found !== undefined);
  }
  if (step?.key === undefined || !/^\d+$/.test(step.key)) return undefined;
  const item = list[Number(step.key)];
  return item === undefined ? undefined : walk(item, steps, index + 1);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Wildcards without backtracking beyond the last `*`, so no key and no pattern makes it slow. */
function matches(name: string, parts: readonly KeyPart[]): boolean {
  let at = 0;
  let part = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    if (parts[part] === "any") {
      star = part++;
      starAt = at;
    } else if (matchesOne(parts[part], name[at])) {
      part += 1;
      at += 1;
    } else if (star >= 0) {
      part = star + 1;
      at = ++starAt;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === "any");
}

function matchesOne(part: KeyPart | undefined, character: string | undefined): boolean {
  return part === "one" || (typeof part === "object" && part.literal === character);
}
