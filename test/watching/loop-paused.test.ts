/** A watcher whose machine is paused: no look begins, and what would have begun one is remembered. */
import { expect, it } from "vitest";
import { LoopHarness } from "./loop-harness.ts";

const second = 1_000;

function pause(host: LoopHarness): void {
  host.isPaused = true;
  host.loop.paused();
}

function resume(host: LoopHarness): void {
  host.isPaused = false;
  host.loop.released();
}

it("begins no look by interval, data, hint or state change, and one when it is resumed", async () => {
  const host = new LoopHarness({}, { intervalMs: 10 * second, onData: true }, { hints: true });
  host.loop.start("start");
  await host.end();
  pause(host);
  expect(host.loop.view.nextLookAt).toBeUndefined();
  await host.clock.advance(60 * second);
  host.loop.dataChanged();
  host.hint?.();
  await host.clock.advance(0);
  await host.enter("B");
  expect(host.reasons).toEqual(["start"]);
  resume(host);
  expect(host.reasons).toEqual(["start", "entered"]);
  await host.end();
  await host.clock.advance(10 * second);
  expect(host.reasons).toEqual(["start", "entered", "interval"]);
  await host.end();
  await host.loop.stop(0);
});

it("does not look at the start of a machine that was paused before", async () => {
  const host = new LoopHarness({});
  host.isPaused = true;
  host.loop.start("resume");
  await host.clock.advance(60 * second);
  expect(host.looks).toEqual([]);
  resume(host);
  expect(host.reasons).toEqual(["resume"]);
  await host.end();
  await host.loop.stop(0);
});

it("a look under way ends, and its result is committed", async () => {
  const host = new LoopHarness({});
  host.loop.start("start");
  pause(host);
  expect(host.lastLook.signal.aborted).toBe(false);
  await host.end({ outcome: "success", fire: "success", lookAgainInMs: 0 });
  expect(host.submitted).toEqual([
    { observation: { outcome: "success", fire: "success", lookAgainInMs: 0 }, stale: false },
  ]);
  await host.clock.advance(second);
  expect(host.looks).toHaveLength(1);
  await host.loop.stop(0);
});

it("a look that waits for leave to begin its work leaves the line, and looks again when it is resumed", async () => {
  const host = new LoopHarness({});
  host.loop.start("start");
  const { leaving } = host.lastLook.look;
  pause(host);
  expect(leaving.aborted).toBe(true);
  // Resumed before the look has ended: what it was to do is still to be done.
  resume(host);
  await host.end({ outcome: "skipped" });
  expect(host.reasons).toEqual(["start", "start"]);
  expect(host.lastLook.look.leaving.aborted).toBe(false);
  expect(host.lastLook.look.arrived).toBe(false);
  await host.end({ outcome: "skipped" });
  expect(host.looks).toHaveLength(2);
  await host.loop.stop(0);
});

it("refuses inputs, also those that wait already", async () => {
  const host = new LoopHarness({});
  host.loop.start("start");
  const waiting = host.loop.request({ on: true });
  pause(host);
  const refusal = {
    code: "STOPPED",
    message: "watcher w takes nothing now: its machine is paused; resume it with `machinist resume`",
  };
  await expect(waiting).rejects.toMatchObject(refusal);
  await expect(host.loop.request({ on: false })).rejects.toMatchObject(refusal);
  await host.end();
  await host.loop.stop(0);
});
