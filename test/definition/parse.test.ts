import { describe, expect, it } from "vitest";
import { faultLine } from "../../src/definition/fault.ts";
import { parseDocument, parseYaml } from "../../src/definition/parse.ts";

const file = "facts.yaml";

function parse(text: string): unknown {
  return parseYaml(Buffer.from(text), { file });
}

describe("parseYaml", () => {
  it.each([
    ["", null],
    ["# nothing", null],
    ["a: 1", { a: 1 }],
    ["a: on\nb: 2026-01-02\nc: 0o17\nd: ~\ne: 1e3", { a: "on", b: "2026-01-02", c: 15, d: null, e: 1000 }],
    ["a: |\n  x\n  \ty\nb: >\n  one\n  two\n", { a: "x\n\ty\n", b: "one two\n" }],
    ['{"a": [1, {"b": null}]}', { a: [1, { b: null }] }],
    ['{\n\t"a": 1\n}', { a: 1 }],
    ["a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}", { a: { b: 1 }, c: { b: 1 }, d: { b: 1, e: 2 } }],
    [
      "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {b: 0, <<: [*y, *x]}",
      { a: { b: 1 }, c: { b: 2, d: 3 }, e: { b: 0, d: 3 } },
    ],
    ["a: &x 1\nb: &x 2\nc: *x", { a: 1, b: 2, c: 2 }],
    ["%YAML 1.2\n---\na: 1\n...\n", { a: 1 }],
    ["- !!str 5\n- !!int '7'\n", ["5", 7]],
  ])("%j", (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it("throws BAD_VALUE with all faults and their places", () => {
    expect(() => parse("a: 1\na: 2\n3: x\n")).toThrow(
      expect.objectContaining({
        code: "BAD_VALUE",
        message: expect.stringMatching(
          /^facts\.yaml:2:1 key "a" is already on line 1 .*\n[\s\S]*\nfacts\.yaml:3:1 a key must be text: write "3" in quotes\n/,
        ),
      }),
    );
  });

  it.each([
    "!!omap [{x: 1}]",
    "!!pairs [{x: 1}]",
    "!!set {x}",
    "!!binary aGk=",
    "!!timestamp 2026-01-02",
    "!x y",
  ])("refuses %s", (value) => {
    expect(() => parse(`a: ${value}\n`)).toThrow(/^facts\.yaml:1:4 tag \S+ is not known/);
  });

  it("reads YAML 1.2 also when the file asks for 1.1", () => {
    const text = "%YAML 1.1\n---\na: on\nb: 2026-01-02\nc: 1:30\nd: 010\n";
    expect(parse(text)).toEqual({ a: "on", b: "2026-01-02", c: "1:30", d: 10 });
  });

  it("takes a limit of the caller's own", () => {
    const bytes = Buffer.from("a: 12345\n");
    expect(parseYaml(bytes, { file, maxBytes: 9 })).toEqual({ a: 12345 });
    expect(() => parseYaml(bytes, { file, maxBytes: 8 })).toThrow(
      "facts.yaml:1:1 the file is larger than 8 bytes",
    );
  });

  it("leaves the stack traces of others alone", () => {
    const before = Error.stackTraceLimit;
    parseDocument(Buffer.from("["), { file });
    expect(Error.stackTraceLimit).toBe(before);
  });
});

describe("parseDocument", () => {
  it("keeps what is good beside what is wrong, so that more can be found", () => {
    const document = parseDocument(Buffer.from("a: 1\na: 2\nb: 3\n"), { file });
    expect(document.value).toEqual({ a: 1, b: 3 });
    expect(document.faults.map((fault) => faultLine(fault))).toEqual([
      'facts.yaml:2:1 key "a" is already on line 1 of this map: keep one of the two',
    ]);
  });

  it("tells how a scalar was written", () => {
    const document = parseDocument(Buffer.from("a: [1.0, '1.0', yes]\nb: {c: 0x1F}\n"), { file });
    expect(document.sourceAt(["a", 0])).toBe("1.0");
    expect(document.sourceAt(["a", 2])).toBe("yes");
    expect(document.sourceAt(["b", "c"])).toBe("0x1F");
    expect(document.sourceAt(["b"])).toBeUndefined();
    expect(document.sourceAt(["z"])).toBeUndefined();
  });
});
