import { describe, expect, it } from "vitest";
import { parsePerfdata, perfdataLimits } from "../../src/lib/perfdata.ts";

describe("C79: perfdata", () => {
  it.each([
    ["OK | a=1", [["a", 1, ""]]],
    ["OK|a=1", [["a", 1, ""]]],
    [
      "OK - fine | time=0.5s;1;2;0;10 size=12MB;; pct=99%",
      [
        ["time", 0.5, "s"],
        ["size", 12, "MB"],
        ["pct", 99, "%"],
      ],
    ],
    [
      "OK | 'free space'=12.5GB;5;2 'it''s'=-1 'a=b'=+.5",
      [
        ["free space", 12.5, "GB"],
        ["it's", -1, ""],
        ["a=b", 0.5, ""],
      ],
    ],
    [
      "OK | x=1e3 y=2.E",
      [
        ["x", 1000, ""],
        ["y", 2, "E"],
      ],
    ],
    [
      "first line\nsecond | a=1\nb=2\tc=3c",
      [
        ["a", 1, ""],
        ["b", 2, ""],
        ["c", 3, "c"],
      ],
    ],
    ["OK | 'a'=1", [["a", 1, ""]]],
    ["|a=1;2;3", [["a", 1, ""]]],
    ["OK | __proto__=1", [["__proto__", 1, ""]]],
  ])("%j", (output, expected) => {
    const found = parsePerfdata(output).map(({ label, value, unit }) => [label, value, unit]);
    expect(found).toEqual(expected);
  });

  it.each(["", "OK", "OK |", "OK | ", "OK a=1", "OK | a=1 | b=2", "OK | 'a|b'=1", "||"])(
    "%j holds none",
    (output) => {
      expect(parsePerfdata(output)).toEqual([]);
    },
  );

  it("junk is left out, and what stands beside it is found", () => {
    const junk =
      "a=U b= =3 c 'd' 'e=1 f=1,5 g=0x10 h=NaN i=1=2 j=Infinity ''=1 ' '=2 k=1_000 l=-- m=1e999 'n'x=1";
    expect(parsePerfdata(`OK | ${junk} good=1`)).toEqual([{ label: "good", value: 1, unit: "" }]);
  });

  it("keeps no more than its limits, however much there is", () => {
    const many = Array.from({ length: 5_000 }, (_, at) => `v${at}=${at}`).join(" ");
    expect(parsePerfdata(`OK | ${many}`)).toHaveLength(perfdataLimits.values);
    const long = "x".repeat(perfdataLimits.labelLength + 1);
    expect(parsePerfdata(`OK | ${long}=1 '${long}'=2 a=3`)).toEqual([{ label: "a", value: 3, unit: "" }]);
    const far = `OK | ${" ".repeat(perfdataLimits.textLength)} a=1`;
    expect(parsePerfdata(far)).toEqual([]);
  });

  it.each([
    ["quotes", "'"],
    ["pairs of quotes", "''"],
    ["open quotes", "'a "],
    ["digits", "a=1111111111"],
    ["signs", "a=+-.e"],
    ["equal signs", "="],
  ])("a megabyte of %s takes no time", (_name, piece) => {
    const text = `OK | ${piece.repeat(1024 * 1024)}`;
    const begin = performance.now();
    expect(parsePerfdata(text)).toEqual([]);
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});
