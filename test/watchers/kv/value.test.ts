import { describe, expect, it } from "vitest";
import { parseQuery } from "../../../src/lib/query.ts";
import { readValue } from "../../../watchers/kv/value.ts";

describe("kv value", () => {
  it.each([
    ["C56", '\n{"spec":"foo"}\n', { spec: "foo" }],
    ["C56", '\n   \t{"spec":"foo"}\t  \n', { spec: "foo" }],
    ["C57", "42", "42"],
    ["C57", "true", "true"],
    ["C57", '"x"', '"x"'],
    ["C57", "[1,2]", [1, 2]],
    ["C57", " [ 1 , {} ] \n", [1, {}]],
    ["4.4: untrimmed", "  plain \n", "  plain \n"],
    ["4.4: empty", "", ""],
    ["4.4: a lone brace", "{", "{"],
    ["4.4: open only", "{a", "{a"],
    ["4.4: mixed", "{1]", "{1]"],
    ["nothing that a record cannot keep", '{"a":-0,"b":1e999}', { a: 0, b: null }],
  ])("%s: %j", (_case, text, expected) => {
    expect(readValue(text)).toStrictEqual(expected);
  });

  it.each(['{"secret":broken}', "{secret}", "[secret,]"])(
    "C58: %j is an error that does not quote it",
    (text) => {
      let message = "";
      expect(() => {
        try {
          readValue(text);
        } catch (cause) {
          message = cause instanceof Error ? cause.message : "";
          throw cause;
        }
      }).toThrow(expect.objectContaining({ code: "BAD_VALUE" }));
      expect(message).toContain("valid JSON");
      expect(message).not.toContain("secret");
    },
  );

  it("C62: a query takes a part of an object", () => {
    expect(readValue('{"spec":"foo"}', { query: parseQuery("spec") })).toBe("foo");
    expect(readValue('{"spec":{"v":[1,2]}}', { query: parseQuery("spec.v.1") })).toBe(2);
    expect(readValue('{"spec":null}', { query: parseQuery("spec") })).toBeNull();
  });

  it("C62: a query without a hit is an error", () => {
    expect(() => readValue('{"spec":"foo"}', { query: parseQuery("other") })).toThrow(
      expect.objectContaining({ code: "BAD_VALUE" }),
    );
  });

  it("C62: a query leaves lists and text alone", () => {
    expect(readValue("[1]", { query: parseQuery("spec") })).toEqual([1]);
    expect(readValue("text", { query: parseQuery("spec") })).toBe("text");
  });
});
