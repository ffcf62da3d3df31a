/** The language of conditions: what Choria's documents write works unchanged; nothing escapes, hangs or passes for true. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, messageOf } from "../../src/lib/errors.ts";
import { type ExpressionScope, parseExpression } from "../../src/lib/expression.ts";

const words = { values: ["data", "facts", "identity"], functions: { get_fact: 1 } };
const scope: ExpressionScope = {
  values: {
    data: {
      size: 12,
      ratio: 1.5,
      name: "web-1",
      on: true,
      tags: ["blue", "green"],
      deep: { list: [1, 2, 3], text: "a b" },
      nothing: null,
      hosts: [
        { name: "a", up: true },
        { name: "b", up: false },
      ],
    },
    facts: { os: { family: "debian" } },
    identity: "host1.example.net",
  },
  functions: { get_fact: (path) => (path === "os.family" ? "debian" : undefined) },
};

function test(text: string): boolean {
  return parseExpression(text, words).test(scope);
}

function refusal(text: string): string {
  try {
    parseExpression(text, words);
  } catch (cause) {
    return `${codeOf(cause)} ${messageOf(cause)}`;
  }
  return "accepted";
}

function failure(text: string): string {
  const expression = parseExpression(text, words);
  try {
    return String(expression.test(scope));
  } catch (cause) {
    return `${codeOf(cause)} ${messageOf(cause)}`;
  }
}

describe("an expression", () => {
  it.each([
    "true",
    "data.on",
    "data.on == true and identity startsWith 'host'",
    'identity matches "^host\\\\d+[.]"',
    "identity matches `^host\\d+[.]`",
    'get_fact("os.family") == "debian"',
    'get_fact("nope") == nil',
    "data.name | upper() | hasPrefix('WEB')",
    "data.size + 1 == 13 | string() == 'true'",
    "(data.tags | join('+')) == 'blue+green'",
    "data.hosts | any(.up)",
    "data.hosts | filter({ .up }) | len() == 1",
    "data.hosts | map(.up) | any()",
    "get_fact('nope') ?? 'x' == 'x'",
    'facts.os.family in ["debian", "ubuntu"]',
    '"os" in facts',
    'data.name contains "web" && !(data.size < 10)',
    "not (data.size < 10)",
    "not (data.missing?.deeper ?? false)",
    "data.missing == nil",
    '(data.missing ?? "none") == "none"',
    "data?.gone?.deep.er == nil",
    "data['name'] == 'web-1'",
    "data.deep.list[0] == 1",
    "data.deep.list[-1] == 3",
    "data.size + data.ratio == 13.5",
    "data.size % 5 == 2",
    "2 ** 3 ** 2 == 512",
    "-data.size < 0",
    "1 + 2 * 3 == 7",
    "(1 + 2) * 3 == 9",
    "10 - 3 - 2 == 5",
    "data.size > 10 ? data.on : false",
    "'red' not in data.tags",
    "data.name not contains 'db'",
    "data.name endsWith '-1'",
    "data.name < 'z'",
    "'a' + 'b' == 'ab'",
    "data.tags == ['blue', 'green']",
    "data.deep != {list: []}",
    "len(data.tags) == 2",
    "any(data.hosts, {#.up})",
    "all(data.hosts, {.name != ''})",
    "none(data.hosts, .name == 'c')",
    "one(data.hosts, .up)",
    "count(data.hosts, .up) == 1",
    "len(filter(data.hosts, .up)) == 1",
    "map(data.hosts, .name) == ['a', 'b']",
    "find(data.hosts, .up).name == 'a'",
    "upper(trim('  a ')) == 'A'",
    "int('12') == data.size and float('1.5') == data.ratio",
    "max(1, data.deep.list) == 3 and min(4, 2) == 2 and sum(data.deep.list) == 6",
    "first(data.tags) == 'blue' && last(data.tags) == 'green'",
    "keys(facts) == ['os'] and len(values(facts)) == 1",
    "split('a,b', ',') == ['a', 'b'] and join(['a', 'b'], '-') == 'a-b'",
    "hasPrefix(identity, 'host') and hasSuffix(identity, 'net')",
    "trimPrefix('v1', 'v') == '1' and trimSuffix('1v', 'v') == '1' and lower('A') == 'a'",
    "abs(-1.2) == 1.2 and ceil(1.2) == 2 and floor(1.8) == 1 and round(1.5) == 2",
    "string(12) == '12' and string('a') == 'a'",
    "0x1F == 31 and 0b11 == 3 and 0o17 == 15 and 1_000 == 1000 and 1e3 == 1000 and .5 == 0.5",
    "/* a comment */ true // and another",
    "true ? true : false",
    "'\\u0041\\x42\\n' == `AB\n`",
    "data.nothing == nil",
  ])("holds: %s", (text) => {
    expect(test(text)).toBe(true);
  });

  it.each([
    "false",
    "data.size < 10",
    "data.on and false",
    "false or not true",
    "not data.on",
    "data.missing == 'x'",
    "data.size == '12'",
    "identity matches '^web'",
    "'a' in data.missing",
    "'constructor' in data",
    "data.constructor != nil",
    "data.__proto__ != nil",
    "data['hasOwnProperty'] != nil",
    "all(data.hosts, .up)",
  ])("does not hold: %s", (text) => {
    expect(test(text)).toBe(false);
  });

  it("looks no further than it needs", () => {
    expect(test("true or data.missing.deeper")).toBe(true);
    expect(test("false and data.missing.deeper")).toBe(false);
  });

  it.each([
    ["", "column 1: it ends too early, expected a value"],
    ["data.size >", "column 12: it ends too early, expected a value"],
    ["data.size > 10 10", 'column 16: found "10", expected the end of the expression'],
    ["(true", 'column 6: it ends too early, expected ")"'],
    ["'open", "column 1: this text has no closing quote"],
    ["true & false", 'column 6: write "and" or &&'],
    ["data.on | 1", 'column 11: found "1", expected a function after |'],
    ["data.name | upper", 'column 18: it ends too early, expected "("'],
    ["data = 1", 'column 6: "=" is not supported'],
    ["true;", 'column 5: ";" is not supported'],
    ["let x = 1; x", 'column 1: "let" is not supported'],
    ["1..3", 'column 2: ".." is not supported'],
    ["datta.size > 1", 'column 1: unknown name "datta", did you mean "data"?'],
    ["process", 'column 1: unknown name "process"; there are data, facts, identity'],
    ["this.constructor", 'column 1: unknown name "this"; there are data, facts, identity'],
    ["get_fact", "column 1: get_fact is a function: write get_fact(…)"],
    ["get_fakt('x')", 'column 1: unknown function "get_fakt", did you mean "get_fact"?'],
    ["get_fact()", "column 1: get_fact takes 1 values, found 0"],
    ["get_fact('a', 'b')", "column 1: get_fact takes 1 values, found 2"],
    ["max()", "column 1: max takes 1 to 64 values, found 0"],
    ["1", "column 1: it gives a number, expected true or false: compare it with something"],
    ["'a' + 'b'", "column 1: it gives text, expected true or false: compare it with something"],
    ["len(data.tags)", "column 1: it gives a number, expected true or false: compare it with something"],
    ["not 1", "column 5: found a number, expected true or false"],
    ["1 and true", "column 1: found a number, expected true or false"],
    ["1 < 'a'", "column 3: < between a number and text can never be"],
    ["1 == 'a'", "column 3: == between a number and text can never be"],
    ["'a' - 1 == 1", "column 1: found text, expected a number"],
    ["-'a' == 1", "column 2: found text, expected a number"],
    ["1 ? true : false", "column 1: found a number, expected true or false"],
    ["'a' in 'abc'", "column 8: in looks into a list or a map: write text contains part"],
    ["['a'] contains 'a'", "column 1: contains looks into text: write item in list"],
    [
      "identity.contains('a')",
      'column 10: values have no functions of their own: write: text contains "part"',
    ],
    ["identity.size()", "column 10: values have no functions of their own: write size(value)"],
    ["#.up", "column 1: # and .name stand for an item, so only in any(list, …) and its kin"],
    ["any('a', true)", "column 5: found text, expected a list"],
    ["any([1], 2)", "column 10: found a number, expected true or false"],
    ["true.x", "column 1: found true or false, expected a map or a list"],
    ["data[true]", "column 6: found true or false, expected text or a number"],
    ["data. == 1", 'column 7: found "==", expected a name after the dot'],
    ["{1: 2} == data", 'column 2: found "1", expected a name'],
    ["12abc == 1", 'column 1: "12a" is no number'],
    ["true\n  and datta", 'line 2 column 7: unknown name "datta", did you mean "data"?'],
  ])("is refused: %s", (text, problem) => {
    expect(refusal(text)).toBe(`INVALID_ARGUMENT expression, ${problem}`);
  });

  it("is refused with a pattern that RE2 does not know", () => {
    expect(refusal("identity matches '('")).toContain(
      'expression, column 18: pattern "(": missing closing )',
    );
    expect(refusal("identity matches '(?=a)'")).toContain('expression, column 18: pattern "(?=a)"');
  });

  it.each([
    [
      "data.missing.deeper == 1",
      '"deeper == 1": there is nothing to read "deeper" from: write ?. where it may be missing',
    ],
    ["data.name.x == 1", '"x == 1": text has no "x"'],
    ["data.tags['x'] == 1", `"'x'] == 1": a list has no "x"`],
    ["data.missing > 1", '"data.missing > 1": found nil, expected a number'],
    ["data.size > data.name", '"data.name": found text, expected a number'],
    ["data.name", '"data.name"'],
    ["data.on and data.name", '"data.name": found text, expected true or false'],
    ["data.name + data.size == 'x'", `"data.size == 'x'": found a number, expected text`],
    ["data.size contains 'x'", "\"data.size contains 'x'\": found a number, expected text"],
    ["'a' in data.size", '"data.size": found a number, expected a list or a map'],
    ["any(data.size, true)", '"data.size, true)": found a number, expected a list'],
    ["int(data.name) == 1", '"int(data.name) == 1": int expects a number, or text that is one, found text'],
    ["upper(data.size) == ''", "\"upper(data.size) == ''\": upper expects text, found a number"],
    ["len(data.size) == 1", '"len(data.size) == 1": len expects text, a list or a map, found a number'],
    ["first(data.name) == 1", '"first(data.name) == 1": first expects a list, found text'],
    ["abs(data.name) == 1", '"abs(data.name) == 1": abs expects a number, found text'],
    ["keys(data.tags) == []", '"keys(data.tags) == []": keys expects a map, found a list'],
  ])("fails, without the value in the message: %s", (text, problem) => {
    const found = failure(text);
    if (problem === '"data.name"')
      expect(found).toBe("BAD_VALUE expression: it gave text, expected true or false");
    else expect(found).toBe(`BAD_VALUE expression, at ${problem}`);
    expect(found).not.toContain("web-1");
  });

  it("ends soon, whatever it is asked", () => {
    const list = Array.from({ length: 5000 }, (_, at) => at);
    const values = { data: { list, text: `${"a".repeat(100_000)}!` }, facts: {}, identity: "" };
    const ask = (text: string) => parseExpression(text, words).test({ ...scope, values });
    expect(() => ask("any(data.list, any(data.list, # == -1))")).toThrow(/more than 1000000 steps/);
    expect(() => ask("any(data.list, # + 1 in data.list and false)")).toThrow(/more than 1000000 steps/);
    expect(ask("data.text matches '^(a+)+$'")).toBe(false);
  });

  it("is refused when it is too long or too deep", () => {
    expect(refusal(`${"true and ".repeat(500)}true`)).toBe(
      "INVALID_ARGUMENT expression, column 4097: an expression has at most 4096 characters",
    );
    for (const deep of ["(", "not ", "[", "data[", "any(", "-", "true?"])
      expect(refusal(`${deep.repeat(70)}true`)).toContain("parts nest deeper than 64");
  });

  it("never throws anything but a fault of its own, whatever is written", () => {
    const piece = fc.constantFrom(
      ..."data . facts identity ( ) [ ] { } , : ? ?. ?? # and or not in matches contains + - * / % ** == < 1 'a' nil true get_fact( len( any( map(".split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const found = [refusal(pieces.join(" "))];
        if (found[0] === "accepted") found.push(failure(pieces.join(" ")));
        expect(found.at(-1)).toMatch(/^(INVALID_ARGUMENT|BAD_VALUE) expression|^true$|^false$/);
      }),
      { numRuns: 2000 },
    );
  });
});
