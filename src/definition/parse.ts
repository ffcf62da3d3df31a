/**
 * YAML text to a tree of located values: the only file that knows the YAML parser. YAML 1.2 core (`on` and `off` are
 * text) plus merge keys. Every size that an author controls has a limit here; nothing but faults comes of any bytes.
 */
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type ParsedNode,
  Parser,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { MachinistError } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import { renderFault } from "./fault.ts";
import { readText, type SourceText } from "./source-text.ts";
import { syntaxMessage, tellingComplaints } from "./syntax-words.ts";
import type { ListNode, LocatedNode, MapEntry, MapNode, Span } from "./tree.ts";
import { documentOf, type SyntaxProblem, type YamlDocument } from "./yaml-document.ts";

export interface YamlOptions {
  /** The file's name in faults. */
  readonly file: string;
  /** Default: `largestDocument`. */
  readonly maxBytes?: number;
}

/** Largest file that is read, in bytes: 1 MiB. */
export const largestDocument = 1_048_576;

/** Reads the bytes of one YAML document, with the place of everything in it. Never throws for what they hold. */
export function parseDocument(bytes: Uint8Array, options: YamlOptions): YamlDocument {
  const text = readText(bytes, options.maxBytes ?? largestDocument);
  if (!("message" in text)) return documentOf(options.file, { source: text, ...parseTree(text) });
  const span = { start: text.offset, end: text.offset + 1 };
  const problems = [{ span, message: text.message }];
  return documentOf(options.file, { source: text.source, root: undefined, problems });
}

/**
 * The value of one YAML document, for callers that need no places; null for an empty one.
 * @throws BAD_VALUE with all faults of the text
 */
export function parseYaml(bytes: Uint8Array, options: YamlOptions): Json {
  const { value, faults } = parseDocument(bytes, options);
  if (value !== undefined && faults.length === 0) return value;
  throw new MachinistError("BAD_VALUE", faults.map((fault) => renderFault(fault)).join("\n"));
}

/** Levels of nesting; also what keeps the parser's recursion far from the end of the stack. */
const deepestLevel = 64;
/** Values that aliases may stand for, all together: a "billion laughs" file has more. */
const mostAliased = 10_000;
/** Anchors, tags and aliases in a file: the parser is slow on their misuse. */
const mostMarks = 5_000;
const mostSyntaxProblems = 20;

function parseTree(source: SourceText): {
  root: LocatedNode | undefined;
  problems: readonly SyntaxProblem[];
} {
  try {
    const documents = compose(source.text);
    const [document, second] = documents;
    const problems = document ? syntaxProblems(document, source) : [];
    if (second) {
      const start = second.range[0];
      problems.push({
        span: { start, end: start + 3 },
        message: "a second document begins here: a file holds one",
      });
    }
    if (!document || problems.length > 0) return { root: undefined, problems };
    const reader = new TreeReader(source.text);
    const root = reader.read(document.contents, 0);
    return { root, problems: reader.problems };
  } catch (error) {
    if (error instanceof TooMuch) return { root: undefined, problems: [error.problem] };
    throw error;
  }
}

/** Thrown inside this file only: reading on would cost too much, or mean nothing. */
class TooMuch extends Error {
  readonly problem: SyntaxProblem;

  constructor(start: number, message: string) {
    super(message);
    this.problem = { span: { start, end: start + 1 }, message };
  }
}

/** At most two documents: the second only to complain of. */
function compose(text: string): Document.Parsed[] {
  const documents: Document.Parsed[] = [];
  const composer = new Composer({
    // Whatever version or tags a file asks for: only these give nothing but JSON's kinds of values.
    schema: "core",
    resolveKnownTags: false,
    uniqueKeys: false,
    strict: true,
    logLevel: "error",
    prettyErrors: false,
  });
  const { stackTraceLimit } = Error;
  // Junk makes an error object per few bytes, and nearly all of the time would go into their stack traces.
  Error.stackTraceLimit = 0;
  try {
    for (const document of composer.compose(tokens(text), true, text.length)) {
      documents.push(document);
      if (documents.length === 2) break;
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return documents;
}

/** The parser's tokens, watched: the composer after it recurses per level, and a full stack can end the process. */
function* tokens(text: string): Generator<CST.Token> {
  const parser = new Parser();
  let marks = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (/^[&!*]/.test(lexeme) && ++marks > mostMarks) {
      throw new TooMuch(parser.offset, `more than ${mostMarks} anchors, aliases and tags in one file`);
    }
    yield* parser.next(lexeme);
    if (parser.stack.length > deepestLevel + 2) {
      throw new TooMuch(parser.offset, `this is nested deeper than ${deepestLevel} levels`);
    }
  }
  yield* parser.end();
}

/** What the parser complains of, and tags that nobody knows. */
function syntaxProblems(document: Document.Parsed, source: SourceText): SyntaxProblem[] {
  const end = source.text.trimEnd().length;
  const complaints = [...document.errors, ...document.warnings].map(({ code, message, pos: [from, to] }) => {
    // At the end of the file, point to the last thing in it; in the indentation, to what is indented.
    const start = Math.min(from + (/^ */.exec(source.text.slice(from, from + 80))?.[0].length ?? 0), end);
    const lineNumber = source.placeOf(start).line;
    return { code, message, lineNumber, line: source.lines[lineNumber - 1] ?? "", span: { start, end: to } };
  });
  const told = tellingComplaints(complaints).slice(0, mostSyntaxProblems);
  return told.map((complaint) => ({ span: complaint.span, message: syntaxMessage(complaint) }));
}

/** What an anchor stands for: its value and how many values that is; undefined while it is being read. */
type Anchored = { readonly node: LocatedNode; readonly size: number } | undefined;

/** Walks the parser's nodes once, in order: resolves aliases and merge keys, refuses what JSON cannot hold. */
class TreeReader {
  readonly problems: SyntaxProblem[] = [];
  readonly #text: string;
  readonly #anchors = new Map<string, Anchored>();
  #values = 0;
  #aliased = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @param at where an empty value stands */
  read(node: ParsedNode | null, at: number): LocatedNode {
    if (node === null) return nothing(at);
    if (isAlias(node)) return this.#alias(node.source, spanOf(node));
    const { anchor } = node;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const before = this.#values++;
    const located = isMap(node) ? this.#map(node) : isSeq(node) ? this.#list(node) : this.#scalar(node);
    if (anchor !== undefined) this.#anchors.set(anchor, { node: located, size: this.#values - before });
    return located;
  }

  #alias(name: string, span: Span): LocatedNode {
    const anchored = this.#anchors.get(name);
    if (!anchored) {
      const why = this.#anchors.has(name)
        ? `*${name} stands inside the value that it refers to`
        : `*${name} refers to an anchor that is not there; text that begins with * must be in quotes`;
      return this.#refuse(span, why);
    }
    this.#values += anchored.size;
    this.#aliased += anchored.size;
    if (this.#aliased > mostAliased) {
      throw new TooMuch(span.start, `the aliases of this file stand for more than ${mostAliased} values`);
    }
    return anchored.node;
  }

  #list(node: YAMLSeq.Parsed): ListNode {
    const span = spanOf(node);
    return { kind: "list", items: node.items.map((item) => this.read(item, span.start)), ...span };
  }

  #scalar(node: Scalar.Parsed): LocatedNode {
    const span = spanOf(node);
    const { value } = node;
    if (typeof value === "string") return { kind: "scalar", value, source: value, ...span };
    const source = this.#text.slice(span.start, span.end);
    if (value === null || typeof value === "boolean") return { kind: "scalar", value, source, ...span };
    if (typeof value === "number" && Number.isFinite(value))
      return { kind: "scalar", value, source, ...span };
    return this.#refuse(span, `${source} is no number that can be kept: put it in quotes if it is text`);
  }

  #map(node: YAMLMap.Parsed): MapNode {
    const entries = new Map<string, MapEntry>();
    const merged: MapNode[] = [];
    for (const pair of node.items) {
      const key = spanOf(pair.key);
      const value = this.read(pair.value, key.end);
      if (isMergeKey(pair.key)) merged.push(...this.#merge(value, key));
      else this.#enter(entries, { key: pair.key, value });
    }
    // What is written in the map itself wins over what it merges, and what is merged first over what comes later.
    for (const map of merged) {
      for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry);
    }
    return { kind: "map", entries, ...spanOf(node) };
  }

  #enter(entries: Map<string, MapEntry>, pair: { key: ParsedNode; value: LocatedNode }): void {
    const key = spanOf(pair.key);
    const name = this.#keyName(pair.key, key);
    if (name === undefined) return;
    const earlier = entries.get(name);
    if (earlier) {
      const line = this.#text.slice(0, earlier.key.start).split("\n").length;
      this.#refuse(
        key,
        `key ${JSON.stringify(name)} is already on line ${line} of this map: keep one of the two`,
      );
    } else {
      entries.set(name, { key, value: pair.value });
    }
  }

  /** Undefined when it cannot be a name; a number or a word is complained of and taken as written. */
  #keyName(key: ParsedNode, span: Span): string | undefined {
    if (!isScalar(key)) {
      const template = this.#text.startsWith("{", span.start);
      const hint = template ? ": put a template {{ … }} in quotes" : "";
      this.#refuse(
        span,
        `a key must be text, and this is a ${isAlias(key) ? "reference" : "list or a map"}${hint}`,
      );
      return undefined;
    }
    const name = typeof key.value === "string" ? key.value : this.#text.slice(span.start, span.end);
    if (typeof key.value !== "string") {
      this.#refuse(
        span,
        name === "" ? "a key is missing before this colon" : `a key must be text: write "${name}" in quotes`,
      );
    }
    if (name !== "__proto__") return name;
    this.#refuse(span, "__proto__ cannot be a key");
    return undefined;
  }

  #merge(value: LocatedNode, span: Span): MapNode[] {
    const maps = value.kind === "list" ? value.items : [value];
    const good = maps.filter((map) => map.kind === "map");
    if (good.length < maps.length)
      this.#refuse(span, "<< merges maps into this one, and its value is no map");
    return good;
  }

  #refuse(span: Span, message: string): LocatedNode {
    this.problems.push({ span, message });
    return nothing(span.start);
  }
}

function isMergeKey(key: ParsedNode): boolean {
  return isScalar(key) && key.value === "<<" && key.type === Scalar.PLAIN;
}

function nothing(at: number): LocatedNode {
  return { kind: "scalar", value: null, source: "", start: at, end: at };
}

function spanOf(node: ParsedNode): Span {
  return { start: node.range[0], end: node.range[1] };
}
