/** Files that are no machines at all, or are made to do harm: one clear fault, without much work. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDefinition } from "../../src/definition/definition.ts";
import { type Fault, faultLine, renderFault } from "../../src/definition/fault.ts";
import { fakeTypes } from "./fake-types.ts";

function faultsOf(bytes: Uint8Array): readonly Fault[] {
  const { definition, faults } = checkDefinition(bytes, { file: "m.yaml", types: fakeTypes });
  expect(definition).toBeUndefined();
  return faults;
}

const laughs = ["a: &a [x, x, x, x, x, x, x, x, x]"];
for (let level = 1; level < 9; level++) {
  const [name, before] = ["abcdefghi"[level], "abcdefghi"[level - 1]];
  laughs.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(", ")}]`);
}
const chain = ["a0: &a0 {x: 1}"];
for (let link = 1; link < 200; link++) chain.push(`a${link}: &a${link} {<<: *a${link - 1}, k${link}: 1}`);

const files: readonly (readonly [string, Uint8Array, string])[] = [
  [
    "10 MB of text",
    Buffer.alloc(10 * 1024 * 1024, "a: 1\n"),
    "1:1 the file is larger than 1 MiB, the most that is read",
  ],
  [
    "one byte too many",
    Buffer.alloc(1024 * 1024 + 1, "#"),
    "1:1 the file is larger than 1 MiB, the most that is read",
  ],
  [
    "a binary file",
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]),
    "1:1 control character U+007F found: this is a binary file, not YAML text",
  ],
  [
    "a NUL in text",
    Buffer.from("name: web\nversion: 1\u0000\n"),
    "2:11 control character U+0000 found: this is a binary file, not YAML text",
  ],
  [
    "UTF-16",
    Buffer.from("\uFEFFname: web\n", "utf16le"),
    "1:1 the file is written in UTF-16, save it as UTF-8",
  ],
  [
    "Latin-1",
    Buffer.from("name: web\ndescription: caf\u00e9\n", "latin1"),
    "2:17 a byte found that is not UTF-8: save the file as UTF-8",
  ],
  [
    "an escape sequence for terminals",
    Buffer.from("name: \u001b[31mweb\n"),
    "1:7 control character U+001B found: this is a binary file, not YAML text",
  ],
  [
    "a billion laughs",
    Buffer.from(laughs.join("\n")),
    "5:8 the aliases of this file stand for more than 10000 values",
  ],
  [
    "merges of merges",
    Buffer.from(chain.join("\n")),
    "101:18 the aliases of this file stand for more than 10000 values",
  ],
  ["deep lists", Buffer.from("[".repeat(1024 * 1024)), "1:67 this is nested deeper than 64 levels"],
  ["deep maps", Buffer.from("{a: ".repeat(200_000)), "1:262 this is nested deeper than 64 levels"],
  ["deep block lists", Buffer.from("- ".repeat(500_000)), "1:132 this is nested deeper than 64 levels"],
  ["deep keys", Buffer.from("? ".repeat(500_000)), "1:132 this is nested deeper than 64 levels"],
  [
    "anchors",
    Buffer.from("&a ".repeat(300_000)),
    "1:15001 more than 5000 anchors, aliases and tags in one file",
  ],
  ["tags", Buffer.from("! ".repeat(500_000)), "1:10001 more than 5000 anchors, aliases and tags in one file"],
  ["documents", Buffer.from("---\n".repeat(250_000)), "2:1 a second document begins here: a file holds one"],
];

const odd: readonly (readonly [string, string])[] = [
  ["a map with a toString", "name: {toString: 1}\n"],
  ["keys called as members of objects", "constructor: 1\nhasOwnProperty: 2\nvalueOf: 3\n"],
  ["a list of lists with holes", "watchers: [[], , [[]]]\n"],
  ["watchers of every kind", "watchers: [1, a, null, [], {}, {type: look, properties: {toString: {}}}]\n"],
];

/** What YAML is made of, to be thrown together. */
const pieces = [
  ...[
    "!!omap ",
    "!!set ",
    "!!str ",
    "!!seq ",
    "! ",
    "&a ",
    "&b ",
    "*a",
    "*b ",
    "<<: ",
    "- ",
    "? ",
    ": ",
    ", ",
  ],
  ...[
    "{",
    "}",
    "[",
    "]",
    "\n",
    "\n  ",
    "\n    ",
    "|",
    ">-",
    "'",
    '"',
    "\t",
    "# c",
    "@",
    "`",
    "%YAML 1.1\n---\n",
  ],
  ...[
    "...\n",
    "---\n",
    "x",
    "1",
    "name",
    "watchers:",
    "transitions:",
    "null",
    "\r",
    "\uFEFF",
    "\u2028",
    "__proto__",
  ],
];

describe("hostile files", () => {
  it.each(odd)("%s", (_name, text) => {
    expect(faultsOf(Buffer.from(text)).length).toBeGreaterThan(0);
  });

  it.each(files)("%s", (_name, bytes, expected) => {
    const [fault, ...more] = faultsOf(bytes);
    expect(fault && faultLine(fault)).toBe(`m.yaml:${expected}`);
    expect(more).toEqual([]);
  });

  it("tells a hundred of many faults and counts the rest", () => {
    const keys = Array.from({ length: 300 }, (_, index) => `x${index}: 1`);
    const faults = faultsOf(Buffer.from(keys.join("\n")));
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)).toMatchObject({ message: "205 more faults", severity: "error" });
  });

  it("refuses more transitions and watchers than a machine can have, without checking each", () => {
    const head =
      "name: a\nversion: 1.0.0\ninitial_state: A\ntransitions: [{name: t, from: [A], destination: A}]\n";
    const faults = faultsOf(Buffer.from(`${head}watchers:\n${"- {type: nosuch}\n".repeat(40_000)}`));
    expect(faults.map((fault) => faultLine(fault))).toContain(
      "m.yaml:6:1 watchers: the list is too long, expected at most 1000",
    );
  });

  it("shows nothing of a file to the terminal that could steer it, and only a part of long lines", () => {
    const [fault] = faultsOf(Buffer.from(`name: ${"x".repeat(50_000)}\u009b31m\n`));
    const text = fault ? renderFault(fault) : "";
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(250);
  });

  it("any bytes give faults or a definition, and never throw", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((written) => written.join("")),
      fc.json(),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      text.map((written) => Buffer.from(written)),
    );
    fc.assert(
      fc.property(bytes, (random) => {
        const { definition, faults } = checkDefinition(random, { file: "m", types: fakeTypes });
        const errors = faults.filter(({ severity }) => severity === "error");
        expect(definition === undefined).toBe(errors.length > 0);
        for (const fault of faults) {
          expect(fault.line).toBeGreaterThan(0);
          expect(fault.column).toBeGreaterThan(0);
          expect(fault.message).not.toMatch(/\n\s+at /);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("any change of one thing in a machine gives faults or a definition, and never throws", () => {
    const machine = {
      name: "web",
      version: "1.0.0",
      initial_state: "A",
      rate_limit: { delays: ["1s"], quiet: "1m" },
      splay_start: 1,
      transitions: [
        { name: "go", from: ["A"], destination: "B", subscribe: [{ machine_name: "m", event: "e" }] },
      ],
      watchers: [
        {
          name: "w",
          type: "look",
          state_match: ["A"],
          foreign_state_required: [{ machine_name: "m", state: "S" }],
          interval: "1s",
          properties: { target: "x", words: ["a"], either: { size: 1 } },
        },
      ],
    };
    const paths = pathsOf(machine);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const text = JSON.stringify(replaced(machine, path, value));
        const { definition, faults } = checkDefinition(Buffer.from(text), { file: "m", types: fakeTypes });
        expect(definition === undefined).toBe(faults.some(({ severity }) => severity === "error"));
      }),
      { numRuns: 1_000 },
    );
  });
});

type Steps = readonly (string | number)[];

function pathsOf(value: unknown, path: Steps = []): Steps[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...inner.flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

function replaced(value: unknown, [step, ...rest]: Steps, instead: unknown): unknown {
  if (step === undefined) return instead;
  const copy: unknown = structuredClone(value);
  if (typeof copy === "object" && copy !== null)
    Reflect.set(copy, step, replaced(Reflect.get(copy, step), rest, instead));
  return copy;
}
