/**
 * Text with `{{ lookup "data.x" "default" | ToUpper }}` in it: the form and the functions that Choria documents. Parsed once, rendered
 * afresh at each use.
 */
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
  return {
    constant: pieces.every((piece) => typeof piece === "string"),
    render: (scope) =>
      pieces.map((piece) => (typeof piece === "string" ? piece : textOf(piece(scope)))).join(""),
  };
}
