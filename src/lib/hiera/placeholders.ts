/** Finds the expressions `{{ … }}` and `${ … }` in a text. Knows nothing of what they say. */

/** `offset` is where in the whole text it begins, in UTF-16 units; that of an expression is behind its opening braces. */
export interface Piece {
  readonly kind: "text" | "expression";
  readonly text: string;
  readonly offset: number;
}

/** What has an opening and no end is text, as is `$` before `{{`. Empty text is left out. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let position = 0;
  for (;;) {
    const found = nextIn(text, position);
    const end = found?.start ?? text.length;
    if (end > position) pieces.push({ kind: "text", text: text.slice(position, end), offset: position });
    if (!found) return pieces;
    const offset = found.start + 2;
    pieces.push({ kind: "expression", text: text.slice(offset, found.close), offset });
    position = found.close + found.closing.length;
  }
}

interface Found {
  readonly start: number;
  readonly close: number;
  readonly closing: string;
}

const opening = /\{\{|\$\{(?!\{)/g;
/** Text within an expression: braces in it do not end the expression. */
const quoted = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/sy;

function nextIn(text: string, from: number): Found | undefined {
  opening.lastIndex = from;
  const open = opening.exec(text);
  if (!open) return undefined;
  const closing = open[0] === "{{" ? "}}" : "}";
  const close = closeOf(text, open.index + 2, closing);
  return close === undefined ? undefined : { start: open.index, close, closing };
}

function closeOf(text: string, from: number, closing: string): number | undefined {
  let depth = 0;
  let position = from;
  while (position < text.length) {
    if (depth === 0 && text.startsWith(closing, position)) return position;
    // Only a single brace can be told from those of a map within the expression.
    if (closing === "}") depth += deeper(text[position]);
    const length = quotedAt(text, position);
    // A quote without end: who reads the expression will say so.
    if (length === undefined) return text.includes(closing, position) ? text.length : undefined;
    position += length || 1;
  }
  return undefined;
}

/** @returns 0 where no quote begins, undefined where one begins that has no end */
function quotedAt(text: string, position: number): number | undefined {
  if (!`"'\``.includes(text[position] ?? "")) return 0;
  quoted.lastIndex = position;
  return quoted.exec(text)?.[0].length;
}

function deeper(character: string | undefined): number {
  if (character === "{") return 1;
  return character === "}" ? -1 : 0;
}
