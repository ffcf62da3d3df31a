/** The expressions of a machine file: what they may name. */
import { type Expression, parseExpression } from "./expression.ts";
import type { JsonObject } from "./json.ts";
import { parseQuery } from "./query.ts";

/** What a condition sees. */
export interface ConditionScope {
  /** The machine's data. */
  readonly data: JsonObject;
  /** The host's facts; asked for only when the condition names them. */
  readonly facts: () => JsonObject;
  /** Name of the host. */
  readonly identity: string;
  /** The state that the machine is in. */
  readonly state: string;
  /** Values of further names that the condition was parsed with. */
  readonly more?: JsonObject;
}

export interface Condition {
  /** As it was written. */
  readonly text: string;
  /** @throws BAD_VALUE when it fails, or gives neither true nor false; what reading the facts throws */
  test(scope: ConditionScope): boolean;
}

/**
 * A condition over `data`, `facts`, `identity`, `state` and `get_fact("path")`.
 * @param more further names that it may use, with values in `scope.more`
 * @throws INVALID_ARGUMENT with the place of the first fault
 */
export function parseCondition(text: string, more: readonly string[] = []): Condition {
  const expression: Expression = parseExpression(text, {
    values: ["data", "facts", "identity", "state", ...more],
    functions: { get_fact: 1 },
  });
  return {
    text,
    test: ({ data, facts, identity, state, more: values }) =>
      expression.test({
        values: {
          ...values,
          data,
          identity,
          state,
          get facts() {
            return facts();
          },
        },
        functions: {
          get_fact(path) {
            if (typeof path !== "string") throw new Error('expects a path, such as "os.family"');
            const query = parseQuery(path);
            return query.find(facts());
          },
        },
      }),
  };
}
