/** Fills facts into the texts of a hierarchical document. Messages name the place in it, and quote the hierarchy only. */
import { codeOf, MachinistError, messageOf } from "../errors.ts";
import { type ExpressionWords, parseValueExpression } from "../expression.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { parseQuery } from "../query.ts";
import { type Piece, piecesOf } from "./placeholders.ts";

const words: ExpressionWords = { values: ["facts", "Facts"], functions: { lookup: [1, 2] } };

/**
 * An entry of the hierarchy as text; undefined when it has expressions and none of them gives anything.
 * @param place in the document, for messages
 * @throws BAD_VALUE
 */
export function fillName(name: string, place: string, facts: JsonObject): string | undefined {
  const pieces = piecesOf(name);
  const values = pieces.map((piece) => placed(piece, place, { facts, reasonOf: messageOf }));
  const isKnown = pieces.some(({ kind }, at) => kind === "expression" && textOf(values[at]) !== "");
  const isFixed = pieces.every(({ kind }) => kind === "text");
  return isKnown || isFixed ? values.map(textOf).join("") : undefined;
}

/** A text that is one expression becomes what that gives, of whatever type; keys stay as they are. @throws BAD_VALUE */
export function fillValue(value: Json, place: string, facts: JsonObject): Json {
  if (typeof value === "string") return fillText(value, place, facts);
  if (isJsonObject(value)) return fillItems(value, place, facts);
  if (value === null || typeof value !== "object") return value;
  const list: readonly Json[] = value;
  return list.map((item, at) => fillValue(item, `${place}[${at}]`, facts));
}

/** @throws BAD_VALUE */
export function fillItems(items: JsonObject, place: string, facts: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(items).map(([key, value]) => [key, fillValue(value, `${place}.${key}`, facts)]),
  );
}

function fillText(text: string, place: string, facts: JsonObject): Json {
  const pieces = piecesOf(text);
  const [only, ...others] = pieces.filter((piece) => piece.kind === "expression" || piece.text.trim() !== "");
  const setting = { facts, reasonOf: unquoted };
  if (only?.kind === "expression" && others.length === 0) return placed(only, place, setting);
  return pieces.map((piece) => textOf(placed(piece, place, setting))).join("");
}

interface Setting {
  readonly facts: JsonObject;
  readonly reasonOf: (cause: unknown) => string;
}

function placed(piece: Piece, place: string, { facts, reasonOf }: Setting): Json {
  try {
    return evaluated(piece, facts);
  } catch (cause) {
    throw new MachinistError("BAD_VALUE", `${place}, from character ${piece.offset + 1}: ${reasonOf(cause)}`);
  }
}

/** Reasons quote the expression, and what stands in the data may be a secret. */
function unquoted(cause: unknown): string {
  return codeOf(cause) === "INVALID_ARGUMENT"
    ? "this is no expression that can be read here; correct it, as {{ lookup('facts.name', 'default') }}"
    : "this expression fails with the facts of this host; correct it, or give its lookup a default";
}

function evaluated({ kind, text }: Piece, facts: JsonObject): Json {
  if (kind === "text") return text;
  return parseValueExpression(text.trim(), words).value({
    values: { facts, Facts: facts },
    functions: { lookup: (path, fallback = "") => lookup(path, facts) ?? fallback },
  });
}

/** By path from the root, as `facts.os.family`, or from the facts themselves, as `os.family`. */
function lookup(path: Json | undefined, facts: JsonObject): Json | undefined {
  if (typeof path !== "string") throw new Error('expects a path, such as "facts.os.family"');
  return parseQuery(path).find({ ...facts, facts });
}

function textOf(value: Json | undefined): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}
