/**
 * Splits a command line into words as a shell does, without a shell, and before its templates are filled in: so no value can add an
 * argument, whatever it holds.
 */
import { split } from "shlex";
import { MachinistError } from "./errors.ts";
import { type Template, type TemplateOptions, templateOf } from "./template.ts";
import { type Segment, scanTemplate } from "./template-scan.ts";

/**
 * One template per word.
 * @throws TEMPLATE for a fault in a template; INVALID_ARGUMENT for an open quote, a backslash at the end, or no word at all
 */
export function parseCommandWords(text: string, options: TemplateOptions = {}): readonly Template[] {
  const segments = scanTemplate(text);
  const placeholder = unusedCharacter(text);
  const actions = segments.filter((segment) => segment.kind === "action");
  const withoutActions = segments
    .map((segment) => (segment.kind === "text" ? segment.text : placeholder))
    .join("");
  const words = splitWords(withoutActions, text);
  // Only a $'\ue000' that spells the very character can do this.
  if (words.join("").split(placeholder).length - 1 !== actions.length) {
    throw fault(text, "holds the character U+E000, which is not supported beside templates");
  }
  if (words.length === 0) throw fault(text, "is empty: write a program and its arguments");
  return words.map((word) => templateOf(restore(word, placeholder, actions), text, options));
}

/** Stands for an action while the text is split: one that means nothing to the splitter and that the text does not hold. */
function unusedCharacter(text: string): string {
  let code = 0xe000;
  while (text.includes(String.fromCharCode(code))) code += 1;
  return String.fromCharCode(code);
}

function splitWords(text: string, written: string): string[] {
  try {
    return split(text);
  } catch {
    throw fault(written, endsInEscape(text) ? "ends with a backslash" : "has a quote that is never closed");
  }
}

function endsInEscape(text: string): boolean {
  return (/\\+$/.exec(text)?.[0].length ?? 0) % 2 === 1;
}

/** Puts the actions back in the order in which they were taken out. */
function restore(word: string, placeholder: string, actions: Segment[]): Segment[] {
  const segments: Segment[] = [];
  for (const [index, piece] of word.split(placeholder).entries()) {
    const action = index > 0 ? actions.shift() : undefined;
    if (action) segments.push(action);
    if (piece !== "") segments.push({ kind: "text", text: piece, offset: 0 });
  }
  return segments;
}

function fault(text: string, problem: string): MachinistError {
  return new MachinistError("INVALID_ARGUMENT", `command ${JSON.stringify(text)} ${problem}`);
}
