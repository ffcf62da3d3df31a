/**
 * Text with `{{ lookup "data.x" "default" | ToUpper }}` in it: the form and the functions that Choria documents. Parsed once, rendered
 * afresh at each use.
 */

import type { Json } from "./json.ts";
import { isJsonObject } from "./json.ts";
import { parseAction, type TemplateOptions, type TemplateScope } from "./template-expression.ts";
import { textOf } from "./template-functions.ts";
import { type Segment, scanTemplate } from "./template-scan.ts";

export type { TemplateOptions, TemplateScope } from "./template-expression.ts";

/** A text, read once. */
export interface Template {
  /** True when rendering gives the same text for every scope. */
  readonly constant: boolean;
  /** @throws TEMPLATE when a function gets what it cannot take; the message never holds a value */
  render(scope: TemplateScope): string;
  /** As `render`; but a template that is one action and nothing else gives what the action yields, not its text. @throws as `render` */
  value(scope: TemplateScope): Json;
}

/** A JSON value, every text in it a template. */
export interface ValueTemplate {
  /** As it was written. */
  readonly source: Json;
  /** @throws TEMPLATE as `Template.render` */
  value(scope: TemplateScope): Json;
}

/** @throws TEMPLATE for the first fault, with its line and column in the message and in `details` */
export function parseTemplate(text: string, options: TemplateOptions = {}): Template {
  return templateOf(scanTemplate(text), text, options);
}

/**
 * A template from scanned segments, for those who cut a text before its templates are filled in.
 * @param origin the whole text, in which the segments' offsets count
 */
export function templateOf(
  segments: readonly Segment[],
  origin: string,
  options: TemplateOptions = {},
): Template {
  const pieces = segments.map((segment) =>
    segment.kind === "text" ? segment.text : parseAction(segment, origin, options),
  );
  const render = (scope: TemplateScope): string =>
    pieces.map((piece) => (typeof piece === "string" ? piece : textOf(piece(scope)))).join("");
  const [only, ...others] = pieces;
  const isLone = typeof only === "function" && others.length === 0;
  return {
    constant: pieces.every((piece) => typeof piece === "string"),
    render,
    value: isLone ? only : render,
  };
}

/** @throws TEMPLATE for the first text in it that is not a valid template */
export function parseValueTemplate(source: Json): ValueTemplate {
  return { source, value: valueFrom(source) };
}

function valueFrom(source: Json): ValueTemplate["value"] {
  if (typeof source === "string") return parseTemplate(source).value;
  if (Array.isArray(source)) {
    const items = source.map(valueFrom);
    return (scope) => items.map((item) => item(scope));
  }
  if (!isJsonObject(source)) return () => source;
  const members = Object.entries(source).map(([key, member]) => [key, valueFrom(member)] as const);
  return (scope) => Object.fromEntries(members.map(([key, member]) => [key, member(scope)]));
}
