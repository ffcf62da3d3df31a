/**
 * Conditions over data and facts: `data.size > 10 and get_fact("os.family") == "debian"`. The language is the part of expr-lang that
 * Choria's machines use, so that theirs run unchanged. Parsed and checked once, then asked as often as one likes.
 */
import { MachinistError } from "./errors.ts";
import { check, checkCondition, type ExpressionWords } from "./expression/check.ts";
import { type ExpressionScope, evaluate } from "./expression/evaluate.ts";
import { kindOf, nameOfKind } from "./expression/kinds.ts";
import { parse } from "./expression/parse.ts";
import type { Json } from "./json.ts";

export type { ExpressionWords } from "./expression/check.ts";
export type { ExpressionScope } from "./expression/evaluate.ts";

/** A condition, read once. */
export interface Expression {
  /** As it was written. */
  readonly text: string;
  /** @throws BAD_VALUE when it fails on these values, or gives neither true nor false; the message never holds a value */
  test(scope: ExpressionScope): boolean;
}

/** @throws INVALID_ARGUMENT with the place of the first fault: what is no expression, an unknown name, a result that is no boolean */
export function parseExpression(text: string, words: ExpressionWords): Expression {
  const node = parse(text);
  checkCondition(node, text, words);
  return {
    text,
    test(scope) {
      const value = evaluate(node, text, scope);
      if (typeof value === "boolean") return value;
      throw new MachinistError(
        "BAD_VALUE",
        `expression: it gave ${nameOfKind(kindOf(value))}, expected true or false`,
      );
    },
  };
}

/** An expression that may give any value, read once. */
export interface ValueExpression {
  /** As it was written. */
  readonly text: string;
  /** @throws BAD_VALUE when it fails on these values; the message never holds a value */
  value(scope: ExpressionScope): Json;
}

/** @throws INVALID_ARGUMENT with the place of the first fault: what is no expression, an unknown name */
export function parseValueExpression(text: string, words: ExpressionWords): ValueExpression {
  const node = parse(text);
  check(node, text, words);
  return { text, value: (scope) => evaluate(node, text, scope) };
}
