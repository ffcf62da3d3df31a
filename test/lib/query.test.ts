import { describe, expect, it } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import { parseQuery } from "../../src/lib/query.ts";

const value: Json = JSON.parse(`{
  "name": {"first": "Tom", "last": "Anderson"},
  "age": 37,
  "zero": 0, "no": false, "nothing": null, "empty": "",
  "children": ["Sara", "Alex", "Jack"],
  "fav.movie": "Deer Hunter",
  "a*b": "star", "axb": "letter",
  "#": "hash",
  "p|q": "pipe", "@this": "at", "@type": "other at", "[x": "bracket", "back\\\\slash": "backslash",
  "7": "seven",
  "friends": [
    {"first": "Dale", "age": 44, "nets": ["ig", "fb"]},
    {"first": "Roger", "nets": ["fb"]},
    {"age": 47, "nets": []}
  ],
  "__proto__": {"own": 1}
}`);

describe("what a path finds", () => {
  it.each<[string, Json | undefined]>([
    ["name.last", "Anderson"],
    ["name", { first: "Tom", last: "Anderson" }],
    ["age", 37],
    ["zero", 0],
    ["no", false],
    ["nothing", null],
    ["empty", ""],
    ["children", ["Sara", "Alex", "Jack"]],
    ["children.1", "Alex"],
    ["children.3", undefined],
    ["children.-1", undefined],
    ["children.first", undefined],
    ["children.#", 3],
    ["friends.#.first", ["Dale", "Roger"]],
    ["friends.#.age", [44, 47]],
    ["friends.#.missing", []],
    ["friends.#.nets.#", [2, 1, 0]],
    ["friends.#.nets.0", ["ig", "fb"]],
    ["friends.1.first", "Roger"],
    ["fav\\.movie", "Deer Hunter"],
    ["fav.movie", undefined],
    ["child*.2", "Jack"],
    ["c?ildren.0", "Sara"],
    ["c?hildren.0", undefined],
    ["na*.*st", "Tom"],
    ["*movie", "Deer Hunter"],
    ["a\\*b", "star"],
    ["a?b", "star"],
    ["#", "hash"],
    ["p\\|q", "pipe"],
    ["\\@this", "at"],
    ["@type", "other at"],
    ["\\[x", "bracket"],
    ["back\\\\slash", "backslash"],
    ["7", "seven"],
    ["name.last.length", undefined],
    ["age.x", undefined],
    ["nothing.x", undefined],
    ["name.#", undefined],
    ["name.", undefined],
    ["missing", undefined],
  ])("%s", (path, expected) => {
    expect(parseQuery(path).find(value)).toEqual(expected);
  });

  it.each([
    "constructor",
    "toString",
    "name.constructor.name",
    "children.length",
    "age.toFixed",
    "hasOwnProperty",
  ])("%s is not inherited", (path) => {
    expect(parseQuery(path).find(value)).toBeUndefined();
  });

  it("an own __proto__ is a key like any other", () => {
    expect(parseQuery("__proto__.own").find(value)).toBe(1);
    expect(parseQuery("__proto__").find({})).toBeUndefined();
  });

  it("keeps what was written", () => {
    expect(parseQuery("a\\.b.*").text).toBe("a\\.b.*");
  });

  it("wildcards end, too, on names made to make them try everything", () => {
    const pattern = `${"*a".repeat(30)}b`;
    expect(parseQuery(pattern).find({ ["a".repeat(20_000)]: 1 })).toBeUndefined();
  });
});

describe("what is not supported is said when the path is read", () => {
  it.each([
    ["", 'query "" is empty: write a path such as a.b'],
    ["a|b", 'query "a|b" has a pipe, which is not supported: write \\| for a key with one'],
    [
      "friends.#(age>40).first",
      'query "friends.#(age>40).first" searches a list with #(…), which is not supported',
    ],
    [
      "children.@reverse",
      'query "children.@reverse" uses a modifier (@…), which is not supported: write \\@ for a key',
    ],
    ["@this", 'query "@this" uses a modifier (@…), which is not supported: write \\@ for a key'],
    ["{a,b}", 'query "{a,b}" uses {, which is not supported: write \\{ for a key'],
    ["x.[a,b]", 'query "x.[a,b]" uses [, which is not supported: write \\[ for a key'],
    ['!"text"', 'query "!\\"text\\"" uses !, which is not supported: write \\! for a key'],
    ["..#", 'query "..#" reads lines of JSON (..), which is not supported'],
    ["a\\", 'query "a\\\\" ends with a backslash'],
  ])("%s", (path, message) => {
    expect(() => parseQuery(path)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message }));
  });
});
