import { describe, expect, it } from "vitest";
import { pageModule } from "./page-module.ts";

interface Value {
  readonly value?: string;
  readonly valueBase64?: string;
}

interface Draft {
  readonly format: string;
  readonly text: string;
}

const { prettyJson, jsonFault } = await pageModule<{
  prettyJson(text: string): string | undefined;
  jsonFault(text: string): string | undefined;
}>("json-text.js");
const { readable, draftOf, valueIn, size } = await pageModule<{
  readable(value: Value): { kind: string; text: string };
  draftOf(value: Value): Draft;
  valueIn(draft: Draft): Value;
  size(bytes: number): string;
}>("views/kv-value-text.js");
const { keyFilter } = await pageModule<{ keyFilter(text: string): (key: string) => boolean }>(
  "views/kv-key-filter.js",
);

describe("JSON", () => {
  it.each([
    '{"a":1,"b":[1,"x, {y}: \\"z\\"",null,true],"c":{},"d":[],"e":{"f":[[]]}}',
    '[{"a":"\\\\"},-1.5]',
    " {\n} ",
  ])("%s is shown as JSON.stringify would", (text) => {
    expect(prettyJson(text)).toBe(JSON.stringify(JSON.parse(text), null, 2));
  });

  it("stays what it was: no digit is lost, no member that comes twice", () => {
    expect(prettyJson('{"n":12345678901234567890,"n":1.0}')).toBe(
      '{\n  "n": 12345678901234567890,\n  "n": 1.0\n}',
    );
  });

  it.each(["12", '"text"', "{", "{a:1}", ""])("%j is shown as it is", (text) => {
    expect(prettyJson(text)).toBeUndefined();
  });

  it("says what is wrong", () => {
    expect(jsonFault('{"a":1}')).toBeUndefined();
    expect(jsonFault('{"a" 1}')).toMatch(/position 5/);
  });
});

describe("values", () => {
  it("are text, JSON or bytes", () => {
    expect(readable({ value: "hello" })).toEqual({ kind: "text", text: "hello" });
    expect(readable({ value: "[1]" })).toEqual({ kind: "JSON", text: "[\n  1\n]" });
    const bytes = Buffer.from([0xff, 0, 65, ...Array.from({ length: 14 }, () => 32)]);
    expect(readable({ valueBase64: bytes.toString("base64") })).toEqual({
      kind: "binary",
      text: `00000000  ff 00 41${" 20".repeat(13)}  ..A${" ".repeat(13)}\n00000010  20${" ".repeat(45)}   `,
    });
  });

  it.each(["text", "a\nb", "a\r\nb\r\n", "a\rb", "a\r\nb\n", ""])("%j survives a text field", (value) => {
    const draft = draftOf({ value });
    expect(draft.text).not.toContain("\r");
    const { value: text, valueBase64 } = valueIn(draft);
    expect(text ?? Buffer.from(valueBase64 ?? "", "base64").toString()).toBe(value);
  });

  it("that are bytes are edited as base64", () => {
    expect(draftOf({ valueBase64: "/wA=" })).toMatchObject({ format: "base64", text: "/wA=" });
    expect(valueIn({ format: "base64", text: "/w\nA= " })).toEqual({ valueBase64: "/wA=" });
  });

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [200 * 1024, "200 KiB"],
    [5 * 1024 ** 3, "5.0 GiB"],
  ])("of %i bytes are %s", (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });
});

describe("a filter of keys", () => {
  it.each([
    ["", "anything", true],
    ["web", "app.WEB.port", true],
    ["web port", "app.web.port", true],
    ["web none", "app.web.port", false],
    ["app.*", "app.web", true],
    ["app.*", "app.web.port", false],
    ["app.>", "app.web.port", true],
    ["app.>", "app", false],
    ["*.port", "web.port", true],
    [">", "a.b", true],
    ["a*", "ab", false],
  ])("%j of %j: %s", (filter, key, expected) => {
    expect(keyFilter(filter)(key)).toBe(expected);
  });
});
