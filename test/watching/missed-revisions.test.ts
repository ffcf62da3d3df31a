import { expect, it } from "vitest";
import { LoopHarness } from "./loop-harness.ts";

const missed = { bucket: "B", revisions: 2, isExact: true };
const seen = { outcome: "changed", missed, cursor: 1, announce: true };

it("missed revisions are counted, logged and announced once their look is committed, and add up", async () => {
  const harness = new LoopHarness({});
  harness.loop.start("start");
  expect(harness.loop.view.missed).toBeUndefined();
  harness.refusal = new Error("the store is away");
  await harness.end(seen);
  expect([harness.loop.view.missed, harness.warnings]).toEqual([undefined, []]);
  harness.refusal = undefined;
  await harness.clock.advance(60_000);
  await harness.end(seen);
  expect(harness.loop.view.missed).toEqual(missed);
  expect(harness.announced.map((view) => view.missed)).toEqual([missed]);
  expect(harness.warnings).toEqual([
    "2 revisions of bucket B were gone before the watcher read them: raise the bucket's history, or look more often",
  ]);
  await harness.enter("B");
  await harness.end({ ...seen, missed: { ...missed, revisions: 1, isExact: false } });
  expect(harness.loop.view.missed).toEqual({ bucket: "B", revisions: 3, isExact: false });
  expect(harness.warnings[1]).toMatch(/^up to 1 revision of bucket B were gone/);
  await harness.loop.stop(0);
});

it("missed revisions of a look that is stale do not count: the next look finds them again", async () => {
  const harness = new LoopHarness({ stateMatch: ["A"] });
  harness.loop.start("start");
  await harness.enter("B");
  await harness.end(seen);
  expect([harness.submitted.at(-1)?.stale, harness.loop.view.missed]).toEqual([true, undefined]);
  await harness.loop.stop(0);
});
