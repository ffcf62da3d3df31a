/** The operators of expressions, and how tightly each binds: the higher, the tighter. */
import type { BinaryOperator, UnaryOperator } from "./syntax.ts";

export interface Operator {
  readonly operator: BinaryOperator;
  readonly precedence: number;
  readonly right?: boolean;
}

export const operators: ReadonlyMap<string, Operator> = new Map(
  (
    [
      ["or", 10],
      ["and", 15],
      ["==", 20],
      ["!=", 20],
      ["<", 20],
      ["<=", 20],
      [">", 20],
      [">=", 20],
      ["in", 20],
      ["matches", 20],
      ["contains", 20],
      ["startsWith", 20],
      ["endsWith", 20],
      ["+", 30],
      ["-", 30],
      ["*", 60],
      ["/", 60],
      ["%", 60],
      ["**", 100],
      ["??", 500],
    ] as const
  ).map(([operator, precedence]) => [operator, { operator, precedence, right: operator === "**" }]),
);
export const otherSpellings = new Map([
  ["||", "or"],
  ["&&", "and"],
  ["^", "**"],
]);
/** After `not`, as in `x not in list`. */
export const negatable = new Set(["in", "matches", "contains", "startsWith", "endsWith"]);
export const unaryOperators = new Map<
  string,
  { readonly operator: UnaryOperator; readonly precedence: number }
>([
  ["not", { operator: "not", precedence: 50 }],
  ["!", { operator: "not", precedence: 50 }],
  ["-", { operator: "-", precedence: 90 }],
  ["+", { operator: "+", precedence: 90 }],
]);
