import { expect, it } from "vitest";
import { didYouMean, nearestName } from "../../src/lib/did-you-mean.ts";

const names = ["command", "timeout", "environment", "splay_start", "on", "A"];

it.each([
  ["comand", "command"],
  ["commnad", "command"],
  ["Command", "command"],
  ["time_out", "timeout"],
  ["enviroment", "environment"],
  ["splay", "splay_start"],
  ["ON", "on"],
  ["a", "A"],
  ["B", undefined],
  ["of", undefined],
  ["interval", undefined],
  ["", undefined],
  ["c".repeat(100_000), undefined],
])("%s is probably %s", (found, expected) => {
  expect(nearestName(found, names)).toBe(expected);
  expect(didYouMean(found, names)).toBe(expected === undefined ? "" : `, did you mean "${expected}"?`);
});

it("the nearest wins, the first of equals", () => {
  expect(nearestName("cat", ["cart", "cut", "cats"])).toBe("cart");
  expect(nearestName("cats", ["cart", "cut", "cats"])).toBe("cats");
});
