import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compileFilter,
  hasWildcards,
  validateBucketName,
  validateFilter,
  validateKey,
} from "../../src/kv/names.ts";

describe("names", () => {
  it("an error tells what was found and what is allowed", () => {
    expect(() => validateBucketName("a b")).toThrow(
      '"a b" is no bucket name: use 1 to 252 of A-Z a-z 0-9 - _',
    );
    expect(() => validateKey("a..b")).toThrow(
      '"a..b" is no key: a key is tokens joined by dots, each one or more of',
    );
    expect(() => validateKey("_kv.x")).toThrow('keys that start with "_kv" are reserved');
    expect(() => validateKey("k".repeat(1025))).toThrow("it has 1025 bytes, the limit is 1024");
    expect(() => validateFilter("a*")).toThrow('"a*" is no filter: a key is tokens joined by dots');
    expect(() => validateFilter([])).toThrow('the list of filters is empty: leave it out or write ">"');
  });

  it("a long name is not repeated whole", () => {
    expect(() => validateKey(" ".repeat(5000))).toThrow(/^.{0,200}$/);
  });

  it("hasWildcards", () => {
    expect(["a.b", "*", "a.>", "a"].map(hasWildcards)).toEqual([false, true, true, false]);
  });

  it("ranges are sorted, and none lies in another", () => {
    expect(compileFilter(["b.>", "a", "b.c", "b.*", "a", "b"]).ranges).toEqual([
      { start: "a", exact: true },
      { start: "b", exact: true },
      { start: "b.", exact: false },
    ]);
    expect(compileFilter(["x.y", "*"]).ranges).toEqual([{ start: "", exact: false }]);
  });

  const token = fc.constantFrom("a", "b", "ab", "=", "a/b", "-");
  const key = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join("."));
  const filter = fc
    .tuple(fc.array(fc.oneof(token, fc.constant("*")), { maxLength: 3 }), fc.boolean())
    .filter(([tokens, open]) => tokens.length > 0 || open)
    .map(([tokens, open]) => [...tokens, ...(open ? [">"] : [])].join("."));

  it("a filter matches token by token, and its ranges hold every key it matches once", () => {
    const property = fc.property(
      fc.array(filter, { minLength: 1, maxLength: 3 }),
      key,
      (filters, candidate) => {
        const compiled = compileFilter(filters);
        const expected = filters.some((one) => matchesByToken(one, candidate));
        expect(compiled.matches(candidate)).toBe(expected);
        const holding = compiled.ranges.filter(({ start, exact }) =>
          exact ? candidate === start : candidate.startsWith(start),
        );
        expect(holding.length).toBeLessThanOrEqual(1);
        if (expected) expect(holding).toHaveLength(1);
      },
    );
    fc.assert(property, { numRuns: 2000 });
  });
});

function matchesByToken(filter: string, key: string): boolean {
  const wanted = filter.split(".");
  const found = key.split(".");
  if (wanted.at(-1) === ">") {
    return found.length >= wanted.length && wanted.slice(0, -1).every((token, at) => fits(token, found[at]));
  }
  return found.length === wanted.length && wanted.every((token, at) => fits(token, found[at]));
}

function fits(token: string, found: string | undefined): boolean {
  return token === "*" || token === found;
}
