import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCommandWords } from "../../src/lib/command-words.ts";
import type { JsonObject } from "../../src/lib/json.ts";

function words(text: string, data: JsonObject = {}): string[] {
  return parseCommandWords(text).map((word) => word.render({ data, facts: {} }));
}

describe("splitting", () => {
  it.each([
    ["true", ["true"]],
    ["  a \t b\n c ", ["a", "b", "c"]],
    ["a 'b c' \"d e\"", ["a", "b c", "d e"]],
    ["a'b'\"c\"d", ["abcd"]],
    ["a '' \"\"", ["a", "", ""]],
    ["a\\ b \\'", ["a b", "'"]],
    ['a "b \\" \\\\ $HOME"', ["a", 'b " \\ $HOME']],
    ["a '\\n' ;|&><*", ["a", "\\n", ";|&><*"]],
  ])("%s", (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it.each([
    ['deploy {{ lookup "data.v" "none yet" }} now', ["deploy", "1 '2\" $3", "now"]],
    ['deploy --v={{ lookup "data.v" "x" }}', ["deploy", "--v=1 '2\" $3"]],
    ['deploy "{{ lookup "data.v" "x" }} {{ lookup "data.absent" "a b" }}"', ["deploy", "1 '2\" $3 a b"]],
    ['deploy \'{{ lookup "data.v" "x" }}\'', ["deploy", "1 '2\" $3"]],
    ['{{ lookup "data.v" "x" }}{{ lookup "data.absent" "" }}', ["1 '2\" $3"]],
    ['a {{ lookup "data.absent" "" }} b', ["a", "", "b"]],
    ['a {{- lookup "data.absent" "x" }}', ["ax"]],
    ["a {{/* a comment's quote */}} b", ["a", "b"]],
    ["a {{ `it's` }}", ["a", "it's"]],
  ])("templates fill words and never make any: %s", (text, expected) => {
    expect(words(text, { v: "1 '2\" $3" })).toEqual(expected);
  });

  it("a private-use character in the text is only a character", () => {
    expect(words('\ue000 {{ lookup "data.x" "d" }}\ue000')).toEqual(["\ue000", "d\ue000"]);
  });
});

describe("faults", () => {
  it.each([
    ["", "INVALID_ARGUMENT", 'command "" is empty: write a program and its arguments'],
    [" \n", "INVALID_ARGUMENT", 'command " \\n" is empty: write a program and its arguments'],
    ["a 'b", "INVALID_ARGUMENT", 'command "a \'b" has a quote that is never closed'],
    ['a "b', "INVALID_ARGUMENT", 'command "a \\"b" has a quote that is never closed'],
    ["a b\\", "INVALID_ARGUMENT", 'command "a b\\\\" ends with a backslash'],
    ["a {{ b", "TEMPLATE", 'template, line 1 column 3: this "{{" has no "}}"'],
    [
      'a b {{ lookup "x" }}',
      "TEMPLATE",
      'template, line 1 column 8: lookup takes a path and a default, found 1 of 2: lookup "data.name" ""',
    ],
    [
      "a $'\\ue000' {{ 1 }}",
      "INVALID_ARGUMENT",
      "command \"a $'\\\\ue000' {{ 1 }}\" holds the character U+E000, which is not supported beside templates",
    ],
  ])("%j", (text, code, message) => {
    expect(() => parseCommandWords(text)).toThrow(expect.objectContaining({ code, message }));
  });
});

it("no value ever adds, removes or changes a word beside its own", () => {
  const template =
    'run --a={{ lookup "data.a" "" }} "{{ lookup "data.b" "" }} x" {{ lookup "data.a" "" }} end';
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("a b", "'", '"', "\\", "{{ 1 }}", "\ue000", "$(x)", "\n"),
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(words(template, { a, b })).toEqual(["run", `--a=${a}`, `${b} x`, a, "end"]);
    }),
  );
});

it("a text quoted as a shell would comes back as one word", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: "grapheme" }).filter((word) => !word.includes("{{")),
        { minLength: 1 },
      ),
      (list) => {
        const text = list.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
        fc.pre(!text.includes("{{"));
        expect(words(text)).toEqual(list);
      },
    ),
  );
});
