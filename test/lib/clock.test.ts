import { describe, expect, it, vi } from "vitest";
import { sleep, systemClock } from "../../src/lib/clock.ts";
import { SimulatedClock } from "../simulated-clock.ts";

describe("systemClock", () => {
  it("fires in order of delay, negative ones first", async () => {
    const fired: string[] = [];
    await new Promise<void>((resolve) => {
      systemClock.after(5, () => {
        fired.push("later");
        resolve();
      });
      systemClock.after(-1_000, () => fired.push("sooner"));
    });
    expect(fired).toEqual(["sooner", "later"]);
  });

  it("a cancelled timer does not fire; cancelling again is harmless", async () => {
    const fired: string[] = [];
    const cancel = systemClock.after(0, () => fired.push("cancelled"));
    cancel();
    cancel();
    await new Promise<void>((resolve) => systemClock.after(1, resolve));
    expect(fired).toEqual([]);
  });

  it("waits longer than setTimeout can, and is cancelled in any part of the wait", () => {
    vi.useFakeTimers();
    try {
      const fired: string[] = [];
      const day = 86_400_000;
      systemClock.after(60 * day, () => fired.push("sixty days"));
      const cancel = systemClock.after(60 * day, () => fired.push("cancelled"));
      vi.advanceTimersByTime(59 * day);
      cancel();
      expect(fired).toEqual([]);
      vi.advanceTimersByTime(day);
      expect(fired).toEqual(["sixty days"]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("sleep", () => {
  it("ends when the time has passed, and not before", async () => {
    const clock = new SimulatedClock();
    let slept = false;
    void sleep(clock, 100).then(() => {
      slept = true;
    });
    await clock.advance(99);
    expect(slept).toBe(false);
    await clock.advance(1);
    expect(slept).toBe(true);
  });

  it("rejects with the reason of the abort and leaves no timer", async () => {
    const clock = new SimulatedClock();
    const abort = new AbortController();
    const sleeping = sleep(clock, 100, abort.signal);
    expect(clock.armed).toBe(1);
    abort.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
    expect(clock.armed).toBe(0);
  });

  it("rejects at once when it is aborted already", async () => {
    const clock = new SimulatedClock();
    await expect(sleep(clock, 100, AbortSignal.abort(new Error("early")))).rejects.toThrow("early");
    expect(clock.armed).toBe(0);
  });
});
