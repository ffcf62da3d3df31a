/** The words of a template action: names, literals, parentheses, pipes. Knows nothing of their meaning. */
import { type Segment, templateFault } from "./template-scan.ts";

/** One word and where in the whole template it begins. */
export type Token = { readonly offset: number } & (
  | { readonly kind: "value"; readonly value: string | number | boolean }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "(" | ")" | "|" }
);

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

const space = /\s+/y;
const mark = /[()|]/y;
const text = /"((?:[^"\\\n]|\\.)*)"/y;
const rawText = /`([^`]*)`/y;
const number = /[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])/y;
const name = /[\p{L}_][\p{L}\p{N}_]*/uy;
const escapeSequence = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/g;

/**
 * @param source the whole template, for the place of a fault
 * @throws TEMPLATE for what is no word of the language
 */
export function tokensOf(action: Segment, source: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < action.text.length) {
    position += (matchAt(space, action.text, position)?.[0] ?? "").length;
    if (position === action.text.length) break;
    const offset = action.offset + position;
    const read = readToken(action.text, position, (problem) => templateFault(source, offset, problem));
    tokens.push({ ...read.token, offset });
    position += read.length;
  }
  return tokens;
}

type Fault = (problem: string) => Error;
type Bare = Token extends infer Each ? (Each extends Token ? Omit<Each, "offset"> : never) : never;
interface Read {
  readonly token: Bare;
  readonly length: number;
}

function readToken(source: string, position: number, fault: Fault): Read {
  const read =
    readMark(source, position) ??
    readText(source, position, fault) ??
    readNumber(source, position) ??
    readName(source, position);
  if (!read)
    throw fault(`${JSON.stringify(found(source, position))} is not understood here${hint(source, position)}`);
  return read;
}

function readMark(source: string, position: number): Read | undefined {
  const kind = matchAt(mark, source, position)?.[0];
  if (kind !== "(" && kind !== ")" && kind !== "|") return undefined;
  return { token: { kind }, length: 1 };
}

function readText(source: string, position: number, fault: Fault): Read | undefined {
  const raw = matchAt(rawText, source, position);
  if (raw) return { token: { kind: "value", value: raw[1] ?? "" }, length: raw[0].length };
  const plain = matchAt(text, source, position);
  if (plain)
    return {
      token: { kind: "value", value: withoutEscapes(plain[1] ?? "", fault) },
      length: plain[0].length,
    };
  if (source[position] === '"' || source[position] === "`") throw fault("this text has no closing quote");
  return undefined;
}

function readNumber(source: string, position: number): Read | undefined {
  const match = matchAt(number, source, position);
  if (!match) return undefined;
  const digits = match[0].replace(/^[+-]/, "");
  const value = match[0].startsWith("-") ? -Number(digits) : Number(digits);
  return { token: { kind: "value", value }, length: match[0].length };
}

function readName(source: string, position: number): Read | undefined {
  const word = matchAt(name, source, position)?.[0];
  if (word === undefined) return undefined;
  const isBoolean = word === "true" || word === "false";
  return {
    token: isBoolean ? { kind: "value", value: word === "true" } : { kind: "name", name: word },
    length: word.length,
  };
}

function withoutEscapes(written: string, fault: Fault): string {
  return written.replace(escapeSequence, (whole, ...groups: (string | undefined)[]) => {
    const [byte, short, long, octal, single = ""] = groups;
    const hex = byte ?? short ?? long;
    const code = hex === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(hex, 16);
    if (code > 0x10ffff) throw fault(`${whole} is no character`);
    if (!Number.isNaN(code)) return String.fromCodePoint(code);
    const character = escapes[single];
    if (character === undefined) throw fault(`${whole} is no escape: write \\\\ for a backslash`);
    return character;
  });
}

function found(source: string, position: number): string {
  return /^\S{1,20}/u.exec(source.slice(position))?.[0] ?? "";
}

function hint(source: string, position: number): string {
  const first = source[position];
  if (first === ".") return ': read data and facts with lookup "data.name" "default"';
  if (first === "$") return ": variables are not supported";
  if (first === "'") return ': write text in double quotes, "like this"';
  return "";
}

function matchAt(pattern: RegExp, source: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(source);
}
