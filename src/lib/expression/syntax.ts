/** What an expression is made of. `at` is where a part begins in the text, in UTF-16 units. */
import { MachinistError } from "../errors.ts";
import type { Json } from "../json.ts";

export type BinaryOperator =
  | "or"
  | "and"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "in"
  | "matches"
  | "contains"
  | "startsWith"
  | "endsWith"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "**"
  | "??";

export type UnaryOperator = "not" | "-" | "+";

export type Node = { readonly at: number } & (
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "name"; readonly name: string }
  /** `#`: the item that a predicate is about. */
  | { readonly kind: "item" }
  | { readonly kind: "list"; readonly items: readonly Node[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [string, Node])[] }
  /** `?.` gives nil where a plain dot would fail on nil. */
  | { readonly kind: "member"; readonly of: Node; readonly key: Node; readonly optional: boolean }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Node }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly kind: "choice"; readonly condition: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: "call"; readonly name: string; readonly parameters: readonly Node[] }
  /** `any(list, predicate)` and its kin. */
  | { readonly kind: "each"; readonly name: EachName; readonly list: Node; readonly predicate: Node }
);

export const eachNames = ["all", "any", "none", "one", "count", "filter", "map", "find"] as const;
export type EachName = (typeof eachNames)[number];

/** A fault of an expression's text, with its place as the reader counts it. */
export function expressionFault(source: string, at: number, problem: string): MachinistError {
  const before = source.slice(0, at).split("\n");
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  const place = line > 1 ? `line ${line} column ${column}` : `column ${column}`;
  return new MachinistError("INVALID_ARGUMENT", `expression, ${place}: ${problem}`, {
    details: { offset: at, line, column },
  });
}
