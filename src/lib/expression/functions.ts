/** The functions that every expression may call. Pure; each says what it wanted when it gets something else. */
import { isJsonObject, type Json } from "../json.ts";
import type { Kind } from "./kinds.ts";
import { kindOf, nameOfKind } from "./kinds.ts";

export interface ExpressionFunction {
  /** Fewest and most values that it takes. */
  readonly takes: readonly [number, number];
  readonly gives: Kind;
  /** Throws an Error that says what it wanted, without the value. */
  readonly apply: (...values: Json[]) => Json;
}

function of(
  takes: number | readonly [number, number],
  gives: Kind,
  apply: ExpressionFunction["apply"],
): ExpressionFunction {
  return { takes: typeof takes === "number" ? [takes, takes] : takes, gives, apply };
}

export const functions: ReadonlyMap<string, ExpressionFunction> = new Map([
  ["len", of(1, "number", lengthOf)],
  ["upper", of(1, "text", (value = null) => text(value).toUpperCase())],
  ["lower", of(1, "text", (value = null) => text(value).toLowerCase())],
  ["trim", of(1, "text", (value = null) => text(value).trim())],
  ["trimPrefix", of(2, "text", (value = null, prefix = null) => withoutPrefix(text(value), text(prefix)))],
  ["trimSuffix", of(2, "text", (value = null, suffix = null) => withoutSuffix(text(value), text(suffix)))],
  ["hasPrefix", of(2, "boolean", (value = null, prefix = null) => text(value).startsWith(text(prefix)))],
  ["hasSuffix", of(2, "boolean", (value = null, suffix = null) => text(value).endsWith(text(suffix)))],
  ["split", of(2, "list", (value = null, separator = null) => text(value).split(text(separator)))],
  ["join", of([1, 2], "text", (value = null, separator = "") => list(value).map(text).join(text(separator)))],
  ["int", of(1, "number", (value = null) => Math.trunc(toNumber(value)))],
  ["float", of(1, "number", (value = null) => toNumber(value))],
  ["string", of(1, "text", (value = null) => (typeof value === "string" ? value : JSON.stringify(value)))],
  ["abs", of(1, "number", (value = null) => Math.abs(number(value)))],
  ["ceil", of(1, "number", (value = null) => Math.ceil(number(value)))],
  ["floor", of(1, "number", (value = null) => Math.floor(number(value)))],
  ["round", of(1, "number", (value = null) => Math.round(number(value)))],
  ["min", of([1, 64], "number", (...values) => Math.min(...numbers(values)))],
  ["max", of([1, 64], "number", (...values) => Math.max(...numbers(values)))],
  [
    "sum",
    of(1, "number", (value = null) =>
      list(value)
        .map(number)
        .reduce((total, item) => total + item, 0),
    ),
  ],
  ["first", of(1, "any", (value = null) => list(value)[0] ?? null)],
  ["last", of(1, "any", (value = null) => list(value).at(-1) ?? null)],
  ["keys", of(1, "list", (value = null) => Object.keys(map(value)))],
  ["values", of(1, "list", (value = null) => Object.values(map(value)))],
]);

function lengthOf(value: Json = null): number {
  if (typeof value === "string") return [...value].length;
  if (Array.isArray(value)) return value.length;
  if (isJsonObject(value)) return Object.keys(value).length;
  throw wanted("text, a list or a map", value);
}

function withoutPrefix(value: string, prefix: string): string {
  return value.startsWith(prefix) ? value.slice(prefix.length) : value;
}

function withoutSuffix(value: string, suffix: string): string {
  return suffix !== "" && value.endsWith(suffix) ? value.slice(0, -suffix.length) : value;
}

function numbers(values: readonly Json[]): number[] {
  return values.flatMap((value) => (Array.isArray(value) ? value.map(number) : [number(value)]));
}

function toNumber(value: Json): number {
  if (typeof value === "number") return value;
  const found = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  if (Number.isNaN(found)) throw wanted("a number, or text that is one", value);
  return found;
}

function text(value: Json): string {
  if (typeof value !== "string") throw wanted("text", value);
  return value;
}

function number(value: Json): number {
  if (typeof value !== "number") throw wanted("a number", value);
  return value;
}

function list(value: Json): readonly Json[] {
  if (!Array.isArray(value)) throw wanted("a list", value);
  return value;
}

function map(value: Json): { readonly [key: string]: Json } {
  if (!isJsonObject(value)) throw wanted("a map", value);
  return value;
}

function wanted(what: string, found: Json): Error {
  return new Error(`expects ${what}, found ${nameOfKind(kindOf(found))}`);
}
