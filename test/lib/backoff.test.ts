import { expect, it } from "vitest";
import { Backoff } from "../../src/lib/backoff.ts";

it("doubles from 250 ms to 30 s, and begins small again after a success", () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 9 }, () => backoff.next(0.5));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  backoff.reset();
  expect(backoff.next(0.5)).toBe(250);
});

it("spreads each wait over half to one and a half of it", () => {
  expect([new Backoff().next(0), new Backoff().next(0.999)]).toEqual([125, 374]);
});
