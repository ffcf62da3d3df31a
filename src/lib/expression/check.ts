/** What can be known of an expression before it meets any data: unknown names, counts of arguments, kinds that cannot be. */
import { didYouMean } from "../did-you-mean.ts";
import { messageOf } from "../errors.ts";
import { compilePattern } from "../safe-pattern.ts";
import { functions } from "./functions.ts";
import { type Kind, kindOf, nameOfKind } from "./kinds.ts";
import { type BinaryOperator, eachNames, expressionFault, type Node } from "./syntax.ts";

/** What an expression may name besides the functions that all have. */
export interface ExpressionWords {
  readonly values: readonly string[];
  /** How many arguments each takes, or the fewest and the most. */
  readonly functions: Readonly<Record<string, number | readonly [number, number]>>;
}

/** @returns what it gives. @throws INVALID_ARGUMENT with the place of the first fault */
export function check(node: Node, source: string, words: ExpressionWords): Kind {
  return new Checker(source, words).kindOf(node, false);
}

/** @throws INVALID_ARGUMENT when it can be neither true nor false, besides what `check` throws */
export function checkCondition(node: Node, source: string, words: ExpressionWords): void {
  const kind = check(node, source, words);
  if (kind === "boolean" || kind === "any") return;
  throw expressionFault(
    source,
    0,
    `it gives ${nameOfKind(kind)}, expected true or false: compare it with something`,
  );
}

const numeric: ReadonlySet<BinaryOperator> = new Set(["-", "*", "/", "%", "**"]);
const textual: ReadonlySet<BinaryOperator> = new Set(["matches", "contains", "startsWith", "endsWith"]);

/** What an operator takes on both sides; those that are left out take anything. */
const operands = new Map<BinaryOperator, readonly Kind[]>([
  ["and", ["boolean"]],
  ["or", ["boolean"]],
  ...(["<", "<=", ">", ">=", "+"] as const).map((operator) => [operator, ["number", "text"]] as const),
  ...[...numeric].map((operator) => [operator, ["number"]] as const),
]);

class Checker {
  readonly #source: string;
  readonly #words: ExpressionWords;

  constructor(source: string, words: ExpressionWords) {
    this.#source = source;
    this.#words = words;
  }

  /** @param inPredicate whether `#` means something here */
  kindOf(node: Node, inPredicate: boolean): Kind {
    const inner = (part: Node): Kind => this.kindOf(part, inPredicate);
    switch (node.kind) {
      case "literal":
        return kindOf(node.value);
      case "name":
        return this.#name(node.name, node.at);
      case "item":
        if (inPredicate) return "any";
        throw this.#fault(node.at, "# and .name stand for an item, so only in any(list, …) and its kin");
      case "list":
        node.items.forEach(inner);
        return "list";
      case "map":
        for (const [, value] of node.entries) inner(value);
        return "map";
      case "member":
        return this.#member(node, inner);
      case "unary":
        return this.#unary(node, inner);
      case "binary":
        return this.#binary(node, inner);
      case "choice":
        this.#expect(node.condition, inner(node.condition), ["boolean"]);
        return either(inner(node.yes), inner(node.no));
      case "call":
        return this.#call(node, inner);
      case "each":
        return this.#each(node, inPredicate);
    }
  }

  #name(name: string, at: number): Kind {
    if (this.#words.values.includes(name)) return "any";
    const { values } = this.#words;
    if (functions.has(name) || Object.hasOwn(this.#words.functions, name))
      throw this.#fault(at, `${name} is a function: write ${name}(…)`);
    throw this.#fault(at, `unknown name ${JSON.stringify(name)}${hint(name, values)}`);
  }

  #member(node: Node & { readonly kind: "member" }, inner: (part: Node) => Kind): Kind {
    this.#expect(node.of, inner(node.of), ["map", "list", "nil"]);
    this.#expect(node.key, inner(node.key), ["text", "number"]);
    return "any";
  }

  #unary(node: Node & { readonly kind: "unary" }, inner: (part: Node) => Kind): Kind {
    const wanted: Kind = node.operator === "not" ? "boolean" : "number";
    this.#expect(node.operand, inner(node.operand), [wanted]);
    return wanted;
  }

  #binary(
    { at, operator, left, right }: Node & { readonly kind: "binary" },
    inner: (part: Node) => Kind,
  ): Kind {
    const kinds = [inner(left), inner(right)] as const;
    if (operator === "??") return either(...kinds);
    if (textual.has(operator)) this.#textual({ operator, left, right }, kinds);
    else if (operator === "in") this.#in(right, kinds[1]);
    else this.#alike({ at, operator, left, right }, kinds);
    if (numeric.has(operator)) return "number";
    return operator === "+" ? (kinds.find((kind) => kind !== "any") ?? "any") : "boolean";
  }

  /** Operators whose two sides are of one kind. */
  #alike(
    node: { at: number; operator: BinaryOperator; left: Node; right: Node },
    [left, right]: readonly [Kind, Kind],
  ): void {
    const wanted = operands.get(node.operator);
    if (wanted) this.#expect(node.left, left, wanted);
    if (wanted) this.#expect(node.right, right, wanted);
    if (left === right || [left, right].some((kind) => kind === "any" || kind === "nil")) return;
    const problem = `${node.operator} between ${nameOfKind(left)} and ${nameOfKind(right)} can never be`;
    throw this.#fault(node.at, problem);
  }

  #textual(
    { operator, left, right }: { operator: BinaryOperator; left: Node; right: Node },
    kinds: readonly [Kind, Kind],
  ): void {
    if (kinds[0] === "list" && operator === "contains")
      throw this.#fault(left.at, "contains looks into text: write item in list");
    this.#expect(left, kinds[0], ["text"]);
    this.#expect(right, kinds[1], ["text"]);
    if (operator !== "matches" || right.kind !== "literal") return;
    try {
      compilePattern(String(right.value));
    } catch (cause) {
      throw this.#fault(right.at, messageOf(cause));
    }
  }

  #in(right: Node, kind: Kind): void {
    if (kind === "text")
      throw this.#fault(right.at, "in looks into a list or a map: write text contains part");
    this.#expect(right, kind, ["list", "map", "nil"]);
  }

  #call({ name, at, parameters }: Node & { readonly kind: "call" }, inner: (part: Node) => Kind): Kind {
    const own = functions.get(name);
    const given = Object.hasOwn(this.#words.functions, name) ? this.#words.functions[name] : undefined;
    const [least, most] = own?.takes ?? (typeof given === "object" ? given : [given, given]);
    if (least === undefined || most === undefined) {
      const names = [...Object.keys(this.#words.functions), ...functions.keys(), ...eachNames];
      throw this.#fault(at, `unknown function ${JSON.stringify(name)}${hint(name, names)}`);
    }
    if (parameters.length < least || parameters.length > most) {
      const takes = least === most ? `${least}` : `${least} to ${most}`;
      throw this.#fault(at, `${name} takes ${takes} values, found ${parameters.length}`);
    }
    parameters.forEach(inner);
    return own?.gives ?? "any";
  }

  #each({ name, list, predicate }: Node & { readonly kind: "each" }, inPredicate: boolean): Kind {
    this.#expect(list, this.kindOf(list, inPredicate), ["list"]);
    const kind = this.kindOf(predicate, true);
    if (name !== "map") this.#expect(predicate, kind, ["boolean"]);
    if (name === "map" || name === "filter") return "list";
    if (name === "count") return "number";
    return name === "find" ? "any" : "boolean";
  }

  #expect(node: Node, kind: Kind, wanted: readonly Kind[]): void {
    if (kind === "any" || wanted.includes(kind)) return;
    const expected = wanted.filter((one) => one !== "nil").map(nameOfKind);
    throw this.#fault(node.at, `found ${nameOfKind(kind)}, expected ${expected.join(" or ")}`);
  }

  #fault(at: number, problem: string): Error {
    return expressionFault(this.#source, at, problem);
  }
}

function either(one: Kind, other: Kind): Kind {
  if (one === other) return one;
  return "any";
}

function hint(name: string, names: readonly string[]): string {
  return didYouMean(name, names) || `; there are ${names.join(", ")}`;
}
