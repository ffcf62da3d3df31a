/** Finds the actions `{{ … }}` of a template and the text between them. Knows nothing of what an action says. */
import { MachinistError } from "./errors.ts";

/** `offset` is where in the whole text it begins, counted in UTF-16 units; an action's `text` is what stands between the braces. */
export interface Segment {
  readonly kind: "text" | "action";
  readonly text: string;
  readonly offset: number;
}

/**
 * Splits a template. Trim markers (`{{- `, ` -}}`) are applied and comments dropped; empty text is left out.
 * @throws TEMPLATE for an action without end
 */
export function scanTemplate(text: string): Segment[] {
  const segments: Segment[] = [];
  let position = 0;
  let trimNext = false;
  while (position < text.length) {
    const open = text.indexOf("{{", position);
    const end = open < 0 ? text.length : open;
    const trimThis = open >= 0 && /^-\s/.test(text.slice(open + 2, open + 4));
    pushText(segments, { text, start: position, end, trimStart: trimNext, trimEnd: trimThis });
    if (open < 0) break;
    const action = readAction(text, open, trimThis);
    if (action.segment) segments.push(action.segment);
    trimNext = action.trimNext;
    position = action.end;
  }
  return segments;
}

/** A fault in a template, with its place as the reader counts it. */
export function templateFault(source: string, offset: number, problem: string): MachinistError {
  const before = source.slice(0, offset).split("\n");
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new MachinistError("TEMPLATE", `template, line ${line} column ${column}: ${problem}`, {
    details: { offset, line, column },
  });
}

/** Text inside an action, and a comment at its start: braces in them do not end the action. */
const quoted = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y;
const comment = /\s*\/\*[\s\S]*?\*\//y;

interface TextRange {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly trimStart: boolean;
  readonly trimEnd: boolean;
}

function pushText(segments: Segment[], range: TextRange): void {
  let piece = range.text.slice(range.start, range.end);
  if (range.trimStart) piece = piece.trimStart();
  if (range.trimEnd) piece = piece.trimEnd();
  if (piece !== "") segments.push({ kind: "text", text: piece, offset: range.start });
}

interface ReadAction {
  /** Undefined for a comment. */
  readonly segment: Segment | undefined;
  readonly end: number;
  readonly trimNext: boolean;
}

function readAction(text: string, open: number, trimmed: boolean): ReadAction {
  const start = open + (trimmed ? 3 : 2);
  comment.lastIndex = start;
  const commentLength = comment.exec(text)?.[0].length ?? 0;
  const close = findClose(text, start + commentLength);
  if (close === undefined) throw templateFault(text, open, 'this "{{" has no "}}"');
  const trimNext = close - 1 > start && text[close - 1] === "-" && /\s/.test(text[close - 2] ?? "");
  const offset = start + commentLength;
  const inner = text.slice(offset, trimNext ? close - 1 : close);
  const isComment = commentLength > 0 && inner.trim() === "";
  return {
    segment: isComment ? undefined : { kind: "action", text: inner, offset },
    end: close + 2,
    trimNext,
  };
}

function findClose(text: string, start: number): number | undefined {
  let position = start;
  while (position < text.length) {
    if (text.startsWith("}}", position)) return position;
    quoted.lastIndex = position;
    position += quoted.exec(text)?.[0].length ?? 1;
  }
  return undefined;
}
