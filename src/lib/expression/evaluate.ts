/** What an expression gives for the data of a moment. Bounded in steps, sees own properties only, calls nothing but listed functions. */
import { MachinistError, messageOf } from "../errors.ts";
import { isJsonObject, type Json, jsonEqual } from "../json.ts";
import { compilePattern, type SafePattern } from "../safe-pattern.ts";
import { functions } from "./functions.ts";
import { kindOf, nameOfKind } from "./kinds.ts";
import type { BinaryOperator, Node } from "./syntax.ts";

/** What an expression sees. */
export interface ExpressionScope {
  readonly values: Readonly<Record<string, Json>>;
  readonly functions: Readonly<Record<string, (...values: Json[]) => Json | undefined>>;
}

/** Enough for any list that a machine's data can hold, too few for lists within lists within lists. */
const mostSteps = 1_000_000;

/** @throws BAD_VALUE naming the place; the message never holds a value */
export function evaluate(node: Node, source: string, scope: ExpressionScope): Json {
  return new Evaluation(source, scope).value(node, null);
}

/** `?.` on nil: the rest of the chain is not looked at. */
const cut = Symbol("cut");

class Evaluation {
  readonly #source: string;
  readonly #scope: ExpressionScope;
  #steps = 0;

  constructor(source: string, scope: ExpressionScope) {
    this.#source = source;
    this.#scope = scope;
  }

  /** @param item what `#` means */
  value(node: Node, item: Json): Json {
    const found = this.#reach(node, item);
    return found === cut ? null : found;
  }

  #reach(node: Node, item: Json): Json | typeof cut {
    if (++this.#steps > mostSteps)
      throw this.#fault(node.at, `it takes more than ${mostSteps} steps: look at fewer items`);
    switch (node.kind) {
      case "literal":
        return node.value;
      case "name":
        return this.#scope.values[node.name] ?? null;
      case "item":
        return item;
      case "list":
        return node.items.map((part) => this.value(part, item));
      case "map":
        return Object.fromEntries(node.entries.map(([key, part]) => [key, this.value(part, item)]));
      case "member":
        return this.#member(node, item);
      case "unary":
        return this.#unary(node, item);
      case "binary":
        return this.#binary(node, item);
      case "choice":
        return this.value(this.#boolean(node.condition, item) ? node.yes : node.no, item);
      case "call":
        return this.#call(node, item);
      case "each":
        return this.#each(node, item);
    }
  }

  #member({ of, key, optional }: Node & { readonly kind: "member" }, item: Json): Json | typeof cut {
    const owner = this.#reach(of, item);
    if (owner === cut || (owner === null && optional)) return cut;
    const name = this.value(key, item);
    const found = memberOf(owner, name);
    if (found !== undefined) return found;
    const what = typeof name === "string" ? JSON.stringify(name) : "an item";
    if (owner !== null) throw this.#fault(key.at, `${nameOfKind(kindOf(owner))} has no ${what}`);
    throw this.#fault(key.at, `there is nothing to read ${what} from: write ?. where it may be missing`);
  }

  #unary({ operator, operand }: Node & { readonly kind: "unary" }, item: Json): Json {
    if (operator === "not") return !this.#boolean(operand, item);
    const value = this.#number(operand, item);
    return operator === "-" ? -value : value;
  }

  #binary(node: Node & { readonly kind: "binary" }, item: Json): Json {
    const { operator, left, right } = node;
    switch (operator) {
      case "and":
        return this.#boolean(left, item) && this.#boolean(right, item);
      case "or":
        return this.#boolean(left, item) || this.#boolean(right, item);
      case "??":
        return this.value(left, item) ?? this.value(right, item);
      case "==":
        return jsonEqual(this.value(left, item), this.value(right, item));
      case "!=":
        return !jsonEqual(this.value(left, item), this.value(right, item));
      case "in":
        return this.#isIn(this.value(left, item), right, item);
      case "<":
      case "<=":
      case ">":
      case ">=":
        return this.#compare(node, item);
      case "matches":
        return patternOf(this.#text(right, item)).test(this.#text(left, item));
      case "contains":
        return this.#text(left, item).includes(this.#text(right, item));
      case "startsWith":
        return this.#text(left, item).startsWith(this.#text(right, item));
      case "endsWith":
        return this.#text(left, item).endsWith(this.#text(right, item));
      case "+":
        return this.#add(node, item);
      default:
        return arithmetic(operator, this.#number(left, item), this.#number(right, item));
    }
  }

  #isIn(wanted: Json, container: Node, item: Json): boolean {
    const found = this.value(container, item);
    if (found === null) return false;
    if (Array.isArray(found))
      return found.some((one: Json) => this.#step(container) && jsonEqual(one, wanted));
    if (isJsonObject(found)) return typeof wanted === "string" && Object.hasOwn(found, wanted);
    throw this.#fault(container.at, `found ${nameOfKind(kindOf(found))}, expected a list or a map`);
  }

  #compare({ operator, left, right }: Node & { readonly kind: "binary" }, item: Json): boolean {
    const one = this.value(left, item);
    const isText = typeof one === "string";
    const [low, high] = isText
      ? [one, this.#text(right, item)]
      : [this.#isNumber(one, left), this.#number(right, item)];
    if (operator === "<") return low < high;
    if (operator === "<=") return low <= high;
    return operator === ">" ? low > high : low >= high;
  }

  #add({ left, right }: Node & { readonly kind: "binary" }, item: Json): Json {
    const one = this.value(left, item);
    return typeof one === "string"
      ? one + this.#text(right, item)
      : this.#isNumber(one, left) + this.#number(right, item);
  }

  #call({ name, at, parameters }: Node & { readonly kind: "call" }, item: Json): Json {
    const values = parameters.map((part) => this.value(part, item));
    const apply = functions.get(name)?.apply ?? this.#scope.functions[name];
    try {
      return apply?.(...values) ?? null;
    } catch (cause) {
      throw this.#fault(at, `${name} ${messageOf(cause)}`);
    }
  }

  #each({ name, list, predicate }: Node & { readonly kind: "each" }, item: Json): Json {
    const items = this.value(list, item);
    if (!Array.isArray(items))
      throw this.#fault(list.at, `found ${nameOfKind(kindOf(items))}, expected a list`);
    const holds = (one: Json): boolean => this.#boolean(predicate, one);
    const all: readonly Json[] = items;
    switch (name) {
      case "all":
        return all.every(holds);
      case "any":
        return all.some(holds);
      case "none":
        return !all.some(holds);
      case "one":
        return all.filter(holds).length === 1;
      case "count":
        return all.filter(holds).length;
      case "filter":
        return all.filter(holds);
      case "find":
        return all.find(holds) ?? null;
      case "map":
        return all.map((one) => this.value(predicate, one));
    }
  }

  #step(node: Node): true {
    if (++this.#steps > mostSteps)
      throw this.#fault(node.at, `it takes more than ${mostSteps} steps: look at fewer items`);
    return true;
  }

  #boolean(node: Node, item: Json): boolean {
    const value = this.value(node, item);
    if (typeof value === "boolean") return value;
    throw this.#fault(node.at, `found ${nameOfKind(kindOf(value))}, expected true or false`);
  }

  #text(node: Node, item: Json): string {
    const value = this.value(node, item);
    if (typeof value === "string") return value;
    throw this.#fault(node.at, `found ${nameOfKind(kindOf(value))}, expected text`);
  }

  #number(node: Node, item: Json): number {
    return this.#isNumber(this.value(node, item), node);
  }

  #isNumber(value: Json, node: Node): number {
    if (typeof value === "number") return value;
    throw this.#fault(node.at, `found ${nameOfKind(kindOf(value))}, expected a number`);
  }

  #fault(at: number, problem: string): MachinistError {
    const part = JSON.stringify(this.#source.slice(at, at + 40));
    return new MachinistError("BAD_VALUE", `expression, at ${part}: ${problem}`, { details: { offset: at } });
  }
}

/** nil for what is not there; undefined when the owner can have no such thing. */
function memberOf(owner: Json, name: Json): Json | undefined {
  if (Array.isArray(owner) && typeof name === "number") return owner.at(name) ?? null;
  if (!isJsonObject(owner) || typeof name !== "string") return undefined;
  return Object.hasOwn(owner, name) ? (owner[name] ?? null) : null;
}

function arithmetic(operator: BinaryOperator, left: number, right: number): number {
  switch (operator) {
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
    default:
      return left ** right;
  }
}

const patterns = new Map<string, SafePattern>();
const mostPatterns = 200;

/** Compiling is slow, and most patterns are the same each time. */
function patternOf(text: string): SafePattern {
  const known = patterns.get(text);
  if (known) return known;
  if (patterns.size >= mostPatterns) patterns.clear();
  const pattern = compilePattern(text);
  patterns.set(text, pattern);
  return pattern;
}
