import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/lib/duration.ts";

describe("parseDuration", () => {
  it.each([
    ["0", 0],
    ["0s", 0],
    ["500ms", 500],
    ["10s", 10_000],
    ["1m", 60_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["2d", 172_800_000],
    ["1w", 604_800_000],
    ["1M", 2_592_000_000],
    ["1y", 31_536_000_000],
    ["1Y1W1D1H1S", 31_536_000_000 + 604_800_000 + 86_400_000 + 3_600_000 + 1_000],
    [" 10s\n", 10_000],
    ["1500us", 2],
    ["1500µs", 2],
    ["400ns", 0],
    ["1m1m", 120_000],
  ])("%j is %d ms", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    ["", ', write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
    ["10", ': it has no unit, write "10s" for seconds'],
    ["1.5", ': it has no unit, write "1.5s" for seconds'],
    ["-1s", ": it is negative"],
    ["1s 2s", ', write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
    ["10 s", ', write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
    ["1x", ', write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
    ["s", ', write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
    ["x1s", ', write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
    ["1sx", ', write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
    ["99999999999999y", ', write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
    ["__proto__", ', write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
  ])("%j is refused", (text, hint) => {
    const message = `${JSON.stringify(text)} is no duration${hint}`;
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message }));
  });
});

it.each([
  [0, "0s"],
  [1, "1ms"],
  [1_000, "1s"],
  [5_400_000, "1h30m"],
  [90_061_001, "1d1h1m1s1ms"],
  [604_800_000, "1w"],
  [0.4, "0s"],
])("formatDuration(%d) is %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

it("what is written is read back", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (durationMs) => parseDuration(formatDuration(durationMs)) === durationMs),
  );
});
