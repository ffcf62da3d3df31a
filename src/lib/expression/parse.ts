/** From text to what it says, by precedence climbing. The grammar is that of expr-lang, as far as Choria's machines use it. */
import { negatable, type Operator, operators, otherSpellings, unaryOperators } from "./operators.ts";
import { type EachName, eachNames, expressionFault, type Node } from "./syntax.ts";
import { type Token, tokensOf } from "./tokens.ts";

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["nil", null],
  ["null", null],
]);
/** Of the language, but not of this part of it. */
const unsupported = new Set(["let", "if", "else", "..", ";", "="]);
const deepest = 64;

/** @throws INVALID_ARGUMENT with the place of the first fault */
export function parse(source: string): Node {
  return new Parser(source).whole();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokensOf(source);
  }

  whole(): Node {
    const node = this.#expression();
    const rest = this.#token;
    if (rest.kind !== "end") throw this.#unexpected(rest, "the end of the expression");
    return node;
  }

  get #token(): Token {
    // The last token is `end`, and nobody takes it.
    return this.#tokens[this.#next] ?? { kind: "end", at: this.#source.length };
  }

  #expression(): Node {
    if (++this.#depth > deepest) throw this.#fault(this.#token.at, `parts nest deeper than ${deepest}`);
    const condition = this.#pipeline();
    const node = this.#take("?") ? this.#choice(condition) : condition;
    this.#depth -= 1;
    return node;
  }

  #choice(condition: Node): Node {
    const yes = this.#expression();
    this.#expect(":");
    return { kind: "choice", at: condition.at, condition, yes, no: this.#expression() };
  }

  /** The pipe binds loosest of all operators. */
  #pipeline(): Node {
    let value = this.#binary(0);
    while (this.#take("|")) value = this.#operations(this.#postfix(this.#piped(value)), 0);
    return value;
  }

  #binary(lowest: number): Node {
    return this.#operations(this.#unary(), lowest);
  }

  #operations(first: Node, lowest: number): Node {
    let left = first;
    for (;;) {
      const { at } = this.#token;
      const isNegated = this.#isNegation();
      const found = this.#operatorAt(isNegated ? 1 : 0);
      if (!found || found.precedence < lowest) return left;
      this.#next += isNegated ? 2 : 1;
      const right = this.#binary(found.right ? found.precedence : found.precedence + 1);
      left = { kind: "binary", at, operator: found.operator, left, right };
      if (isNegated) left = { kind: "unary", at, operator: "not", operand: left };
    }
  }

  #isNegation(): boolean {
    const token = this.#token;
    const after = this.#tokens[this.#next + 1];
    return (
      token.kind === "word" && token.text === "not" && after?.kind === "word" && negatable.has(after.text)
    );
  }

  #operatorAt(offset: number): Operator | undefined {
    const token = this.#tokens[this.#next + offset];
    if (token?.kind !== "word" && token?.kind !== "mark") return undefined;
    return operators.get(otherSpellings.get(token.text) ?? token.text);
  }

  #unary(): Node {
    const token = this.#token;
    const found = token.kind === "word" || token.kind === "mark" ? unaryOperators.get(token.text) : undefined;
    if (!found) return this.#postfix(this.#primary());
    this.#next += 1;
    if (++this.#depth > deepest) throw this.#fault(token.at, `parts nest deeper than ${deepest}`);
    const operand = this.#binary(found.precedence);
    this.#depth -= 1;
    return { kind: "unary", at: token.at, operator: found.operator, operand };
  }

  #postfix(first: Node): Node {
    let node = first;
    for (;;) {
      if (this.#take("[")) {
        const key = this.#expression();
        this.#expect("]");
        node = { kind: "member", at: node.at, of: node, key, optional: false };
      } else if (this.#take(".")) node = this.#member(node, false);
      else if (this.#take("?.")) node = this.#member(node, true);
      else return node;
    }
  }

  #member(of: Node, optional: boolean): Node {
    const token = this.#token;
    if (optional && this.#take("[")) {
      const key = this.#expression();
      this.#expect("]");
      return { kind: "member", at: of.at, of, key, optional };
    }
    if (token.kind !== "word") throw this.#unexpected(token, "a name after the dot");
    this.#next += 1;
    if (this.#is("(")) {
      const remedy = operators.has(token.text)
        ? `write: text ${token.text} "part"`
        : `write ${token.text}(value)`;
      throw this.#fault(token.at, `values have no functions of their own: ${remedy}`);
    }
    const key: Node = { kind: "literal", at: token.at, value: token.text };
    return { kind: "member", at: of.at, of, key, optional };
  }

  #primary(): Node {
    const token = this.#token;
    this.#next += 1;
    if (token.kind === "number" || token.kind === "text")
      return { kind: "literal", at: token.at, value: token.value };
    if (token.kind === "word") return this.#word(token.text, token.at);
    if (token.kind === "mark") return this.#marked(token);
    throw this.#unexpected(token, "a value");
  }

  #word(text: string, at: number): Node {
    const constant = constants.get(text);
    if (constant !== undefined) return { kind: "literal", at, value: constant };
    if (operators.has(text) || unsupported.has(text))
      throw this.#unexpected({ kind: "word", text, at }, "a value");
    if (!this.#take("(")) return { kind: "name", at, name: text };
    const each = eachNames.find((name) => name === text);
    if (each) return this.#each(each, at);
    return { kind: "call", at, name: text, parameters: this.#list(")") };
  }

  #marked(token: Token & { readonly kind: "mark" }): Node {
    const { text, at } = token;
    if (text === "(") {
      const inner = this.#expression();
      this.#expect(")");
      return inner;
    }
    if (text === "[") return { kind: "list", at, items: this.#list("]") };
    if (text === "{") return this.#map(at);
    if (text === "#") return { kind: "item", at };
    // `.name` in a predicate is `#.name`.
    if (text === ".") return this.#member({ kind: "item", at }, false);
    throw this.#unexpected(token, "a value");
  }

  /** `value | f(more)` is `f(value, more)`. */
  #piped(value: Node): Node {
    const token = this.#token;
    if (token.kind !== "word") throw this.#unexpected(token, "a function after |");
    const { text, at } = token;
    this.#next += 1;
    this.#expect("(");
    const each = eachNames.find((name) => name === text);
    if (each) return this.#over({ name: each, at, list: value }, !this.#is(")"));
    return { kind: "call", at, name: text, parameters: [value, ...this.#list(")")] };
  }

  #each(name: EachName, at: number): Node {
    const list = this.#expression();
    return this.#over({ name, at, list }, this.#take(","));
  }

  #over(
    { name, at, list }: { readonly name: EachName; readonly at: number; readonly list: Node },
    hasPredicate: boolean,
  ): Node {
    if (!hasPredicate) {
      // Without a predicate each item itself says yes or no.
      this.#expect(")");
      return { kind: "each", at, name, list, predicate: { kind: "item", at } };
    }
    const inBraces = this.#take("{");
    const predicate = this.#expression();
    if (inBraces) this.#expect("}");
    this.#expect(")");
    return { kind: "each", at, name, list, predicate };
  }

  #map(at: number): Node {
    const entries: [string, Node][] = [];
    while (!this.#is("}")) {
      const token = this.#token;
      if (token.kind !== "word" && token.kind !== "text") throw this.#unexpected(token, "a name");
      this.#next += 1;
      this.#expect(":");
      entries.push([token.kind === "word" ? token.text : token.value, this.#expression()]);
      if (!this.#take(",")) break;
    }
    this.#expect("}");
    return { kind: "map", at, entries };
  }

  #list(end: ")" | "]"): Node[] {
    const items: Node[] = [];
    while (!this.#is(end)) {
      items.push(this.#expression());
      if (!this.#take(",")) break;
    }
    this.#expect(end);
    return items;
  }

  #is(text: string): boolean {
    const token = this.#token;
    return token.kind === "mark" && token.text === text;
  }

  #take(text: string): boolean {
    const taken = this.#is(text);
    if (taken) this.#next += 1;
    return taken;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(this.#token, JSON.stringify(text));
  }

  #unexpected(token: Token, expected: string): Error {
    if (token.kind === "end") return this.#fault(token.at, `it ends too early, expected ${expected}`);
    const text = token.kind === "number" || token.kind === "text" ? String(token.value) : token.text;
    if (unsupported.has(text)) return this.#fault(token.at, `${JSON.stringify(text)} is not supported`);
    return this.#fault(token.at, `found ${JSON.stringify(text.slice(0, 40))}, expected ${expected}`);
  }

  #fault(at: number, problem: string): Error {
    return expressionFault(this.#source, at, problem);
  }
}
