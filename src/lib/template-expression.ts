/** What stands inside `{{ … }}`: Go's call form with pipes, parsed once into a function of the scope. */
import { didYouMean } from "./did-you-mean.ts";
import { messageOf } from "./errors.ts";
import type { Json, JsonObject } from "./json.ts";
import { parseQuery, type Query } from "./query.ts";
import { templateFunctions } from "./template-functions.ts";
import { type Segment, templateFault } from "./template-scan.ts";
import { type Token, tokensOf } from "./template-tokens.ts";

/** What templates see. */
export interface TemplateScope {
  readonly data: JsonObject;
  readonly facts: JsonObject;
  /** What the host says of the machine, for `o`. Default: nothing. */
  readonly overrides?: JsonObject;
  /** The transition whose data is set: `name`, `from`, `at` and `by`. Default: there is none. */
  readonly transition?: JsonObject;
}

export interface TemplateOptions {
  /** There is `o "path" default` too, which looks into the overrides. Default: no. */
  readonly overrides?: boolean;
}

/** What an action yields for a scope. @throws TEMPLATE when a function gets what it cannot take */
export type Expression = (scope: TemplateScope) => Json;

const keywords =
  /^(if|else|end|range|with|define|block|template|break|continue|nil|and|or|not|index|len|print|printf)$/;
const deepest = 50;

/**
 * @param source the whole template, for the place of a fault
 * @throws TEMPLATE naming the place
 */
export function parseAction(action: Segment, source: string, options: TemplateOptions = {}): Expression {
  return new Parser(action, source, options).parse();
}

/** A function of a path and a default. */
interface Lookup {
  readonly name: string;
  /** A path, for messages. */
  readonly example: string;
  /** What the path is looked up in. */
  root(scope: TemplateScope): JsonObject;
}

function ordinaryRoot({ data, facts, transition }: TemplateScope): JsonObject {
  return transition === undefined ? { data, facts } : { data, facts, transition };
}

const ordinaryLookups: readonly Lookup[] = [{ name: "lookup", example: '"data.name"', root: ordinaryRoot }];
const overridesLookup: Lookup = { name: "o", example: '"name"', root: ({ overrides }) => overrides ?? {} };

/** An argument: its value, and what it says when it is a literal. */
interface Argument {
  readonly expression: Expression;
  readonly literal?: string | number | boolean;
  readonly offset: number;
}

class Parser {
  readonly #source: string;
  readonly #end: number;
  readonly #tokens: readonly Token[];
  readonly #lookups: readonly Lookup[];
  #next = 0;
  #depth = 0;

  constructor(action: Segment, source: string, { overrides = false }: TemplateOptions) {
    this.#source = source;
    this.#lookups = overrides ? [...ordinaryLookups, overridesLookup] : ordinaryLookups;
    this.#end = action.offset + action.text.length;
    this.#tokens = tokensOf(action, source);
  }

  parse(): Expression {
    const { expression } = this.#pipeline();
    const rest = this.#tokens[this.#next];
    if (rest) throw this.#fault(rest.offset, '")" has no "("');
    return expression;
  }

  #pipeline(): Argument {
    let value = this.#command(undefined);
    while (this.#take("|")) value = this.#command(value);
    return value;
  }

  /** A function with its arguments, the piped value last; or, at the start of a pipe, a value alone. */
  #command(piped: Argument | undefined): Argument {
    const first = this.#tokens[this.#next];
    if (first?.kind === "name") {
      this.#next += 1;
      const given = this.#operands();
      return this.#call(first.name, first.offset, piped ? [...given, piped] : given);
    }
    const operand = this.#operand();
    if (!operand) throw this.#fault(first?.offset ?? this.#end, "expected a function or a value here");
    if (piped) throw this.#fault(operand.offset, "expected a function after the pipe");
    const excess = this.#operand();
    if (excess) throw this.#fault(excess.offset, "a value takes no arguments: put the function's name first");
    return operand;
  }

  #operands(): Argument[] {
    const operands: Argument[] = [];
    for (let operand = this.#operand(); operand; operand = this.#operand()) operands.push(operand);
    return operands;
  }

  #operand(): Argument | undefined {
    const token = this.#tokens[this.#next];
    if (token?.kind === "value") {
      this.#next += 1;
      return { expression: () => token.value, literal: token.value, offset: token.offset };
    }
    if (token?.kind === "(") return this.#group(token.offset);
    if (token?.kind !== "name") return undefined;
    this.#next += 1;
    return this.#call(token.name, token.offset, []);
  }

  #group(offset: number): Argument {
    if (this.#depth >= deepest) throw this.#fault(offset, `parentheses nest deeper than ${deepest}`);
    this.#next += 1;
    this.#depth += 1;
    const inner = this.#pipeline();
    this.#depth -= 1;
    if (!this.#take(")")) throw this.#fault(offset, '"(" has no ")"');
    return { ...inner, offset };
  }

  #take(kind: "|" | ")"): boolean {
    const taken = this.#tokens[this.#next]?.kind === kind;
    if (taken) this.#next += 1;
    return taken;
  }

  #call(name: string, offset: number, given: readonly Argument[]): Argument {
    const lookup = this.#lookups.find((candidate) => candidate.name === name);
    if (lookup) return { expression: this.#lookup(lookup, offset, given), offset };
    const apply = templateFunctions.get(name);
    if (!apply) throw this.#unknown(name, offset);
    const [argument] = given;
    if (!argument || given.length > 1)
      throw this.#fault(offset, `${name} takes one value, found ${given.length}`);
    const expression: Expression = (scope) => {
      const value = argument.expression(scope);
      return this.#placed(offset, `${name} `, () => apply(value));
    };
    return { expression, offset };
  }

  #unknown(name: string, offset: number): Error {
    const names = [...this.#lookups.map((lookup) => lookup.name), ...templateFunctions.keys()];
    if (keywords.test(name))
      return this.#fault(offset, `${name} is not supported: there are ${names.join(", ")}`);
    const guess = didYouMean(name, names);
    const help = guess === "" ? `: there are ${names.join(", ")}` : guess;
    return this.#fault(offset, `there is no function ${JSON.stringify(name)}${help}`);
  }

  #lookup(lookup: Lookup, offset: number, given: readonly Argument[]): Expression {
    const { name, example } = lookup;
    const [path, fallback] = given;
    if (!path || !fallback || given.length > 2) {
      throw this.#fault(
        offset,
        `${name} takes a path and a default, found ${given.length} of 2: ${name} ${example} ""`,
      );
    }
    const find = this.#finder(lookup, path);
    return (scope) => {
      const found = find(scope);
      // A null that is there is a value.
      return found === undefined ? fallback.expression(scope) : found;
    };
  }

  /** A path written as text is checked now; a computed one each time. */
  #finder({ name, example, root }: Lookup, path: Argument): (scope: TemplateScope) => Json | undefined {
    const { literal, offset } = path;
    const parse = (text: Json): Query => {
      if (typeof text !== "string")
        throw this.#fault(offset, `the path of ${name} must be text, such as ${example}`);
      return this.#placed(offset, "", () => parseQuery(text));
    };
    if (literal === undefined) return (scope) => parse(path.expression(scope)).find(root(scope));
    const query = parse(literal);
    return (scope) => query.find(root(scope));
  }

  #placed<T>(offset: number, prefix: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw this.#fault(offset, `${prefix}${messageOf(error)}`);
    }
  }

  #fault(offset: number, problem: string): Error {
    return templateFault(this.#source, offset, problem);
  }
}
