/**
 * Regular expressions from documents, in the syntax of Go's regexp package (RE2): matched in linear time, so no pattern can
 * hold up the process. Written as in Go: `(?i)` at the front for any case, `(?P<name>…)` for a named group, `\z` for the end
 * of the text (`\Z` is refused). There are no look-arounds and no back references.
 */
import { RE2JS, RE2JSException } from "re2js";
import { MachinistError } from "./errors.ts";

export interface SafePattern {
  /** Whether the pattern is found anywhere in the text; `^` and `$` tie it to the ends. */
  test(text: string): boolean;
}

/** @throws INVALID_ARGUMENT for what RE2 refuses, with its reason */
export function compilePattern(text: string): SafePattern {
  const compiled = compile(text);
  return { test: (subject) => compiled.test(subject) };
}

function compile(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    const reason = cause.message.replace(/^error parsing regexp: /, "");
    const message = `pattern ${JSON.stringify(text)}: ${reason}; expected the syntax of RE2, which has no look-arounds and no back references`;
    throw new MachinistError("INVALID_ARGUMENT", message, { cause });
  }
}
