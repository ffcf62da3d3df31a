/** The words of an expression: literals, names, operators. Knows nothing of their meaning. */
import { expressionFault } from "./syntax.ts";

export type Token = { readonly at: number } & (
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  /** A name, also the operators that are words. */
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "mark"; readonly text: string }
  | { readonly kind: "end" }
);

/** Longer expressions belong in a script. */
const longest = 4096;

const space = /(?:\s+|\/\*[\s\S]*?\*\/|\/\/[^\n]*)+/y;
const number =
  /0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*(?:\.\d[\d_]*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const text = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y;
const word = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const mark = /\?\.|\?\?|\*\*|&&|\|\||==|!=|<=|>=|\.\.|[-+*/%^<>!?:.,()[\]{}#|;=]/y;
const escapeSequence = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([\s\S]))/g;
const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** @throws INVALID_ARGUMENT with the place of what is no word of the language */
export function tokensOf(source: string): readonly Token[] {
  if (source.length > longest)
    throw expressionFault(source, longest, `an expression has at most ${longest} characters`);
  const tokens: Token[] = [];
  let at = skipped(source, 0);
  while (at < source.length) {
    const { token, length } = readToken(source, at);
    tokens.push(token);
    at = skipped(source, at + length);
  }
  tokens.push({ kind: "end", at: source.length });
  return tokens;
}

function skipped(source: string, at: number): number {
  return at + (matchAt(space, source, at)?.length ?? 0);
}

function readToken(source: string, at: number): { token: Token; length: number } {
  const digits = matchAt(number, source, at);
  if (digits !== undefined)
    return { token: { kind: "number", value: numberOf(source, at, digits), at }, length: digits.length };
  const quoted = matchAt(text, source, at);
  if (quoted !== undefined)
    return { token: { kind: "text", value: unquoted(quoted), at }, length: quoted.length };
  const name = matchAt(word, source, at);
  if (name !== undefined) return { token: { kind: "word", text: name, at }, length: name.length };
  const sign = matchAt(mark, source, at);
  if (sign !== undefined) return { token: { kind: "mark", text: sign, at }, length: sign.length };
  throw expressionFault(source, at, problemAt(source, at));
}

function numberOf(source: string, at: number, digits: string): number {
  const after = source[at + digits.length] ?? "";
  const value = Number(digits.replaceAll("_", ""));
  if (/[\p{L}\p{N}_]/u.test(after) || Number.isNaN(value))
    throw expressionFault(source, at, `${JSON.stringify(digits + after)} is no number`);
  return value;
}

function unquoted(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith("`")) return inner;
  return inner.replace(escapeSequence, (_, byte?: string, unit?: string, single = "") => {
    const code = byte ?? unit;
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return escapes[single] ?? single;
  });
}

function problemAt(source: string, at: number): string {
  const found = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (`"'\``.includes(found)) return "this text has no closing quote";
  if (found === "&") return 'write "and" or &&';
  return `${JSON.stringify(found)} is not understood here`;
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
