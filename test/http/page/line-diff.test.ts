import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageModule } from "./page-module.ts";

interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

const { lineDiff, foldSame } = await pageModule<{
  lineDiff(before: string, after: string): DiffLine[];
  foldSame(lines: readonly DiffLine[], around?: number): (DiffLine | { same: number })[];
}>("line-diff.js");

const shown = (before: string, after: string) =>
  lineDiff(before, after).map(({ sign, text }) => `${sign}${text}`);

describe("lineDiff", () => {
  it.each([
    ["", "", []],
    ["a", "a", [" a"]],
    ["", "a\nb", ["+a", "+b"]],
    ["a\nb", "", ["-a", "-b"]],
    ["a\nb\nc", "a\nx\nc", [" a", "-b", "+x", " c"]],
    ["a\nb", "b\na", ["-a", " b", "+a"]],
    ["a\nb\nc\nd", "a\nc\nd\ne", [" a", "-b", " c", " d", "+e"]],
    ["1\n2\n3", "4\n5\n6", ["-1", "-2", "-3", "+4", "+5", "+6"]],
    ["a\na\na", "a\na", [" a", " a", "-a"]],
    ["a", "a\n", [" a", "+"]],
  ])("of %j and %j", (before, after, lines) => {
    expect(shown(before, after)).toEqual(lines);
  });

  it("has all lines of both texts in order, and as many in common as there can be", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = lineDiff(before, after);
        const of = (other: string) =>
          lines
            .filter(({ sign }) => sign !== other)
            .map((line) => line.text)
            .join("\n");
        expect(of("+")).toBe(before);
        expect(of("-")).toBe(after);
        const common = lines.filter(({ sign }) => sign === " ").length;
        expect(common).toBe(longestCommon(before, after));
      }),
    );
  });

  it("shows texts with nothing in common as one replaced by the other, soon", () => {
    const many = (word: string) => Array.from({ length: 20_000 }, (_, at) => `${word} ${at}`).join("\n");
    const lines = lineDiff(`same\n${many("old")}`, `same\n${many("new")}`);
    expect(lines).toHaveLength(40_001);
    expect(lines[0]).toEqual({ sign: " ", text: "same" });
    expect(lines[20_000]).toEqual({ sign: "-", text: "old 19999" });
    expect(lines[20_001]).toEqual({ sign: "+", text: "new 0" });
  });
});

describe("foldSame", () => {
  it("keeps what is around a change", () => {
    const lines = lineDiff("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\n4\nx\n6\n7");
    const folded = foldSame(lines, 1).map((one) => ("same" in one ? one.same : `${one.sign}${one.text}`));
    expect(folded).toEqual([3, " 4", "-5", "+x", " 6", 1]);
  });

  it("of the same text is one number", () => {
    expect(foldSame(lineDiff("a\nb", "a\nb"))).toEqual([{ same: 2 }]);
  });
});

function longestCommon(before: string, after: string): number {
  const left = before === "" ? [] : before.split("\n");
  const right = after === "" ? [] : after.split("\n");
  const known = new Map<string, number>();
  const from = (x: number, y: number): number => {
    if (x === left.length || y === right.length) return 0;
    const place = `${x},${y}`;
    const found =
      known.get(place) ??
      (left[x] === right[y] ? 1 + from(x + 1, y + 1) : Math.max(from(x + 1, y), from(x, y + 1)));
    known.set(place, found);
    return found;
  };
  return from(0, 0);
}
