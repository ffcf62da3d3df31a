import { expect, it } from "vitest";
import { LookTimer } from "../../src/watching/look-timer.ts";
import { SimulatedClock } from "../simulated-clock.ts";

it("what is armed last takes the place of what was armed before", async () => {
  const clock = new SimulatedClock();
  const timer = new LookTimer(clock);
  const fired: string[] = [];
  timer.set(1_000, () => fired.push("first"));
  timer.set(2_000, () => fired.push("second"));
  expect([clock.armed, timer.dueAt]).toEqual([1, clock.now() + 2_000]);
  await clock.advance(5_000);
  expect(fired).toEqual(["second"]);
});

it("cleared, or armed with nothing, it is due at no time", () => {
  const clock = new SimulatedClock();
  const timer = new LookTimer(clock);
  timer.set(1_000, () => undefined);
  timer.clear();
  expect([clock.armed, timer.dueAt]).toEqual([0, undefined]);
  timer.set(1_000, () => undefined);
  timer.set(undefined, () => undefined);
  expect([clock.armed, timer.dueAt]).toEqual([0, undefined]);
});
