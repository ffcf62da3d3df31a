import { describe, expect, it } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import { parseTemplate, parseValueTemplate } from "../../src/lib/template.ts";

const scope = {
  data: {
    x: "stored",
    number: 1000000,
    small: 0.5,
    yes: true,
    nothing: null,
    empty: "",
    list: ["a", "b", 3],
    object: { k: "v" },
    "dotted.key": "dot",
    path: "data.x",
    b64: "aMOpbGxv",
    braces: "{{ lookup }}",
  },
  facts: { location: "london", "os.name": "linux", cpu: { count: 8 } },
};

it("a value: text that is one action keeps the type of its value, everything else is text", () => {
  const value = (source: Json): Json =>
    parseValueTemplate(source).value({ data: { n: 1, list: [1, 2] }, facts: {} });
  expect(value('{{ lookup "data.n" 0 }}')).toBe(1);
  expect(value('{{- lookup "data.list" 0 -}}')).toEqual([1, 2]);
  expect(value('{{ lookup "data.n" 0 }} ')).toBe("1 ");
  expect(value('{{ lookup "data.n" 0 }}{{ lookup "data.n" 0 }}')).toBe("11");
  expect(value("plain")).toBe("plain");
  expect(value("")).toBe("");
  expect(value({ a: [1, true, null, '{{ lookup "data.n" 0 }}'], __proto__: 1 })).toEqual({
    a: [1, true, null, 1],
  });
  expect(() => parseValueTemplate({ a: ["{{ nope }}"] })).toThrow('there is no function "nope"');
});

function render(text: string): string {
  return parseTemplate(text).render(scope);
}

describe("C45: templates", () => {
  it.each([
    ['{{ lookup "data.absent" "default" }}', "default"],
    ['{{ lookup "facts.location" "d" | ToUpper }}', "LONDON"],
    ['{{ lookup "data.x" 2 }}', "stored"],
    ['{{ lookup "data.absent" 2 }}', "2"],
    ["no template", "no template"],
    ["", ""],
    ['a{{ lookup "data.x" "" }}b{{ lookup "facts.location" "" }}c', "astoredblondonc"],
    ['{{lookup "data.x" ""}}', "stored"],
    ['{{\n  lookup\t"data.x"\n""\n}}', "stored"],
  ])("%s", (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each([
    ["string", "x", "stored"],
    ["number", "number", "1000000"],
    ["fraction", "small", "0.5"],
    ["boolean", "yes", "true"],
    ["null", "nothing", "null"],
    ["empty text", "empty", ""],
    ["list", "list", '["a","b",3]'],
    ["object", "object", '{"k":"v"}'],
    ["escaped dot", "dotted\\\\.key", "dot"],
    ["list item", "list.1", "b"],
    ["list length", "list.#", "3"],
  ])("value: %s", (_, path, expected) => {
    expect(render(`{{ lookup "data.${path}" "default" }}`)).toBe(expected);
  });

  it.each([
    ['{{ "plain" }}', "plain"],
    ['{{ `raw \\n "text"` }}', 'raw \\n "text"'],
    ['{{ "tab\\tquote\\" \\u00e9 \\x41 \\101 \\U0001F600 \\\\" }}', 'tab\tquote" é A A 😀 \\'],
    ["{{ 42 }}", "42"],
    ["{{ -1.5e3 }}", "-1500"],
    ["{{ 0x1F }}", "31"],
    ["{{ +7 }}", "7"],
    ["{{ .5 }}", "0.5"],
    ["{{ true }} {{ false }}", "true false"],
    ['{{ "}}" }}', "}}"],
    ["{{ `}}` }}", "}}"],
    ['{{ "{{" }}', "{{"],
    ["single { brace } and }} stay", "single { brace } and }} stay"],
  ])("literal: %s", (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each([
    ['{{ Title "hello wide world" }}', "Hello Wide World"],
    ['{{ Title "don\'t-stop élan" }}', "Don'T-Stop Élan"],
    ['{{ Capitalize "hello World" }}', "Hello World"],
    ['{{ Capitalize "" }}', ""],
    ['{{ ToLower "HÉLLO" }}', "héllo"],
    ['{{ ToUpper "héllo" }}', "HÉLLO"],
    ["{{ ToUpper true }}", "TRUE"],
    ['{{ lookup "data.list" "" | StringsJoin }}', "a, b, 3"],
    ['{{ StringJoin (lookup "data.list" "") }}', "a, b, 3"],
    ['{{ Base64Encode "héllo" }}', "aMOpbGxv"],
    ['{{ lookup "data.b64" "" | Base64Decode }}', "héllo"],
    ['{{ Base64Decode "" }}', ""],
  ])("function: %s", (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each([
    ['{{ lookup "data.x" "" | ToUpper | ToLower | Title }}', "Stored"],
    ['{{ ToUpper (lookup "data.absent" (lookup "facts.location" "?")) }}', "LONDON"],
    ['{{ "fallback" | lookup "data.absent" }}', "fallback"],
    ['{{ lookup (lookup "data.path" "") "d" }}', "stored"],
    ['{{ (("x")) }}', "x"],
    ['{{ lookup "data.absent" (lookup "data.list" "" | StringsJoin) }}', "a, b, 3"],
  ])("pipe and parentheses: %s", (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each([
    ["a  {{- 1 -}}  b", "a1b"],
    ["a  {{- 1 }}  b", "a1  b"],
    ["a  {{ 1 -}}  b", "a  1b"],
    ["a\n{{- /* gone */ -}}\nb", "ab"],
    ["a {{/* gone }} too */}} b", "a  b"],
    ["{{-1}}", "-1"],
  ])("trim markers and comments: %j", (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it("what a value says is never a template", () => {
    expect(render('{{ lookup "data.braces" "" }}')).toBe("{{ lookup }}");
  });

  it("tells whether it depends on anything", () => {
    expect(parseTemplate("plain").constant).toBe(true);
    expect(parseTemplate('{{ lookup "data.x" "" }}').constant).toBe(false);
  });

  it("sees own properties only", () => {
    expect(render('{{ lookup "data.constructor.name" "none" }}')).toBe("none");
    expect(render('{{ lookup "constructor" "none" }}')).toBe("none");
  });
});

const functions =
  "lookup, Title, Capitalize, ToLower, ToUpper, StringsJoin, StringJoin, Base64Encode, Base64Decode";

describe("faults name the place and what to do", () => {
  it.each([
    ["{{", 'line 1 column 1: this "{{" has no "}}"'],
    ["ab\ncd {{ 1", 'line 2 column 4: this "{{" has no "}}"'],
    ["{{ }}", "line 1 column 4: expected a function or a value here"],
    ['{{ ToUper "x" }}', 'line 1 column 4: there is no function "ToUper", did you mean "ToUpper"?'],
    ['{{ lokup "x" "" }}', 'line 1 column 4: there is no function "lokup", did you mean "lookup"?'],
    ["{{ frobnicate }}", `line 1 column 4: there is no function "frobnicate": there are ${functions}`],
    ["{{ if true }}", `line 1 column 4: if is not supported: there are ${functions}`],
    [
      '{{ lookup "data.x" }}',
      'line 1 column 4: lookup takes a path and a default, found 1 of 2: lookup "data.name" ""',
    ],
    [
      '{{ lookup "a" "b" "c" }}',
      'line 1 column 4: lookup takes a path and a default, found 3 of 2: lookup "data.name" ""',
    ],
    ["{{ lookup 1 2 }}", 'line 1 column 11: the path of lookup must be text, such as "data.name"'],
    ['{{ lookup "" "d" }}', 'line 1 column 11: query "" is empty: write a path such as a.b'],
    [
      '{{ lookup "a|b" "d" }}',
      'line 1 column 11: query "a|b" has a pipe, which is not supported: write \\| for a key with one',
    ],
    ["{{ ToUpper }}", "line 1 column 4: ToUpper takes one value, found 0"],
    ['{{ "a" | ToUpper "b" }}', "line 1 column 10: ToUpper takes one value, found 2"],
    ['{{ "a" | "b" }}', "line 1 column 10: expected a function after the pipe"],
    ['{{ "a" | }}', "line 1 column 10: expected a function or a value here"],
    ['{{ "a" "b" }}', "line 1 column 8: a value takes no arguments: put the function's name first"],
    ['{{ (ToUpper "x" }}', 'line 1 column 4: "(" has no ")"'],
    ['{{ ToUpper "x") }}', 'line 1 column 15: ")" has no "("'],
    ['{{ lookup "data.x }}', "line 1 column 11: this text has no closing quote"],
    [
      "{{ .data.x }}",
      'line 1 column 4: ".data.x" is not understood here: read data and facts with lookup "data.name" "default"',
    ],
    ["{{ $x }}", 'line 1 column 4: "$x" is not understood here: variables are not supported'],
    ["{{ 'x' }}", `line 1 column 4: "'x'" is not understood here: write text in double quotes, "like this"`],
    ["{{ 12abc }}", 'line 1 column 4: "12abc" is not understood here'],
    ['{{ "\\q" }}', "line 1 column 4: \\q is no escape: write \\\\ for a backslash"],
    [`{{ ${"(".repeat(60)}1 }}`, "line 1 column 54: parentheses nest deeper than 50"],
  ])("%s", (text, message) => {
    expect(() => parseTemplate(text)).toThrow(
      expect.objectContaining({ code: "TEMPLATE", message: `template, ${message}` }),
    );
  });

  it("the place is there for programs, too", () => {
    expect(() => parseTemplate("a\n {{ x }}")).toThrow(
      expect.objectContaining({ details: { offset: 6, line: 2, column: 5 } }),
    );
  });

  it.each([
    ['{{ lookup "data.x" "" | StringsJoin }}', "column 25: StringsJoin expects a list, found a string"],
    ['{{ lookup "data.object" "" | StringsJoin }}', "column 30: StringsJoin expects a list, found an object"],
    ['{{ lookup "data.nothing" "" | StringsJoin }}', "column 31: StringsJoin expects a list, found null"],
    [
      '{{ lookup "data.braces" "" | Base64Decode }}',
      "column 30: Base64Decode expects base64, found other characters",
    ],
    [
      '{{ lookup (lookup "data.number" "") "" }}',
      'column 11: the path of lookup must be text, such as "data.name"',
    ],
  ])("at rendering, without the value: %s", (text, message) => {
    const template = parseTemplate(text);
    expect(() => template.render(scope)).toThrow(
      expect.objectContaining({ code: "TEMPLATE", message: `template, line 1 ${message}` }),
    );
  });
});

describe("C77: overrides in templates", () => {
  const overrides = { load: { warn: 5, text: `& ' < "` }, "a.b": "dotted", none: null };
  const overridden = (text: string) =>
    parseTemplate(text, { overrides: true }).render({ ...scope, overrides });

  it.each([
    ['{{ o "load.warn" 10 }}', "5"],
    ['{{ o "load.crit" 10 }}', "10"],
    ['{{ o "load.text" "" }}', `& ' < "`],
    ['{{ o `a\\.b` "" }}', "dotted"],
    ['{{ o "load.text" "" | ToUpper }}{{ lookup "data.x" "" }}', `& ' < "stored`],
    ['{{ o "data.x" "not there" }}', "not there"],
  ])("%s", (text, expected) => {
    expect(overridden(text)).toBe(expected);
  });

  it("without overrides there is the default", () => {
    expect(parseTemplate('{{ o "a" "b" }}', { overrides: true }).render(scope)).toBe("b");
  });

  it.each([
    ['{{ o "a" }}', 'o takes a path and a default, found 1 of 2: o "name" ""'],
    ["{{ o 1 2 }}", 'the path of o must be text, such as "name"'],
    ['{{ oo "a" "b" }}', 'there is no function "oo"'],
  ])("%s is a fault", (text, message) => {
    expect(() => parseTemplate(text, { overrides: true })).toThrow(message);
  });

  it("elsewhere there is no such function", () => {
    expect(() => parseTemplate('{{ o "a" "b" }}')).toThrow('there is no function "o"');
  });
});
