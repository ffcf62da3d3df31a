import { describe, expect, it } from "vitest";
import { RateLimiter } from "../../src/machine/rate-limit.ts";

const choria = [
  0, 25, 50, 75, 100, 125, 150, 200, 250, 500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000,
];

describe("rate limit", () => {
  it("waits Choria's nominal delays, the last one again and again", () => {
    const limiter = new RateLimiter({ delaysMs: choria, quietMs: 60_000 });
    let now = 0;
    const waits = Array.from({ length: 22 }, () => {
      const waitMs = limiter.next(now, 0.5);
      now += waitMs;
      return waitMs;
    });
    expect(waits).toEqual([...choria, 5000, 5000]);
  });

  it("spreads each delay over half to one and a half of it", () => {
    for (const [random, expected] of [
      [0, 12],
      [0.5, 25],
      [0.999, 37],
    ] as const) {
      const limiter = new RateLimiter({ delaysMs: [0, 25], quietMs: 60_000 });
      limiter.next(0, random);
      expect(limiter.next(0, random)).toBe(expected);
    }
  });

  it("begins anew after a quiet minute, counted from when the last transition took place", () => {
    const limiter = new RateLimiter({ delaysMs: [0, 1000], quietMs: 60_000 });
    expect(limiter.next(0, 0.5)).toBe(0);
    expect(limiter.next(59_999, 0.5)).toBe(1000);
    expect(limiter.next(59_999 + 1000 + 59_999, 0.5)).toBe(1000);
    expect(limiter.next(59_999 + 2000 + 59_999 + 60_000, 0.5)).toBe(0);
  });

  it("never waits when it is off", () => {
    const limiter = new RateLimiter(null);
    expect(Array.from({ length: 100 }, () => limiter.next(0, 0.9)).every((waitMs) => waitMs === 0)).toBe(
      true,
    );
  });
});
