import { describe, expect, it } from "vitest";
import { timer } from "../../watchers/timer.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { accepts, faultsOf, PlayedWatcher } from "./harness.ts";

describe("timer: properties", () => {
  it("accepts the documented examples", () => {
    for (const properties of [{}, { timer: "10m" }, { timer: "1h30m", splay: true }, { timer: "1d" }]) {
      expect(accepts(timer, properties), JSON.stringify(properties)).toBe(true);
    }
  });

  it("refuses a bare number, a wrong unit and unknown keys", () => {
    for (const properties of [
      { timer: 10 },
      { timer: "10" },
      { timer: "10 parsecs" },
      { timer: "-1s" },
      { tmer: "1s" },
    ]) {
      expect(accepts(timer, properties), JSON.stringify(properties)).toBe(false);
    }
  });

  it("C70: a success_transition is a fault, at its own place", () => {
    const faults = faultsOf(timer, { timer: "5s" }, { successTransition: "go" });
    expect(faults).toHaveLength(1);
    expect(faults[0]?.path).toEqual(["success_transition"]);
    expect(faults[0]?.message).toContain("fail_transition");
    expect(faultsOf(timer, { timer: "5s" }, { failTransition: "go" })).toEqual([]);
  });

  it("C70: 100ms becomes 1s with a warning, and none is 1s without one", async () => {
    const faults = faultsOf(timer, { timer: "100ms" });
    expect(faults.map(({ path, severity }) => ({ path, severity }))).toEqual([
      { path: ["properties", "timer"], severity: "warning" },
    ]);
    expect(faultsOf(timer, {})).toEqual([]);
    for (const properties of [{ timer: "100ms" }, {}, undefined]) {
      expect(await new PlayedWatcher(timer, properties).look("start")).toMatchObject({ lookAgainInMs: 1000 });
    }
  });

  it("C70: splay draws once, within (0, timer)", async () => {
    const drawn = async (random: number): Promise<number | undefined> => {
      const played = new PlayedWatcher(timer, { timer: "10s", splay: true }, { random: () => random });
      const first = await played.look("start");
      expect((await played.look("entered")).lookAgainInMs).toBe(first.lookAgainInMs);
      return first.lookAgainInMs;
    };
    expect(await drawn(0)).toBe(1);
    expect(await drawn(0.5)).toBe(5000);
    expect(await drawn(0.999999999)).toBe(9999);
  });
});

describe("timer: looks", () => {
  it("C71: announces its start, fires fail_transition when the time is over, once in a stay", async () => {
    const played = new PlayedWatcher(timer, { timer: "10s" });
    expect(await played.look("start")).toEqual({
      outcome: "running",
      lookAgainInMs: 10_000,
      announce: true,
      detail: { state: "running", timer: 10_000_000_000 },
    });
    await played.clock.advance(9_999);
    expect(await played.look("due")).toMatchObject({ outcome: "running", lookAgainInMs: 1, announce: false });
    await played.clock.advance(1);
    expect(await played.look("due")).toEqual({
      outcome: "stopped",
      fire: "fail",
      cursor: 0,
      announce: true,
      detail: { state: "stopped", timer: 10_000_000_000 },
    });
    await played.clock.advance(60_000);
    const after = await played.look("resume");
    expect(after.outcome).toBe("stopped");
    expect(after.fire).toBeUndefined();
    expect(after.announce).toBeUndefined();
    expect(after.lookAgainInMs).toBeUndefined();
  });

  it("C71: moving to another matching state starts it again from zero", async () => {
    const played = new PlayedWatcher(timer, { timer: "10s" });
    await played.look("start");
    await played.clock.advance(7_000);
    played.enter("B");
    expect(await played.look("entered")).toMatchObject({
      outcome: "running",
      lookAgainInMs: 10_000,
      announce: true,
    });
    await played.clock.advance(10_000);
    expect(await played.look("due")).toMatchObject({ fire: "fail", cursor: 1 });
  });

  it("fires again in the next stay in the same state", async () => {
    const played = new PlayedWatcher(timer, { timer: "10s" });
    await played.clock.advance(10_000);
    expect((await played.look("due")).fire).toBe("fail");
    played.enter("B");
    played.enter("A");
    expect((await played.look("entered")).fire).toBeUndefined();
    await played.clock.advance(10_000);
    expect((await played.look("due")).fire).toBe("fail");
  });

  it("goes on after a restart, and fires at once when it fell due while nothing ran", async () => {
    const clock = new SimulatedClock();
    const played = new PlayedWatcher(timer, { timer: "10s" }, { clock });
    await played.look("start");
    await clock.advance(4_000);
    played.restart();
    expect(await played.look("resume")).toMatchObject({
      outcome: "running",
      lookAgainInMs: 6_000,
      announce: true,
    });
    await clock.advance(3_600_000);
    played.restart();
    expect(await played.look("resume")).toMatchObject({ outcome: "stopped", fire: "fail" });
    played.restart();
    expect((await played.look("resume")).fire).toBeUndefined();
  });

  it("fires again when its firing was not committed", async () => {
    const played = new PlayedWatcher(timer, { timer: "10s" });
    await played.clock.advance(10_000);
    expect((await played.peek("due")).fire).toBe("fail");
    played.restart();
    expect((await played.look("resume")).fire).toBe("fail");
  });

  it("looks when it becomes active, whatever the interval", () => {
    const properties = timer.read({ timer: "10s" });
    expect(timer.policy(properties, 500)).toEqual({
      start: "at-once",
      entry: "at-once",
      intervalMs: undefined,
    });
    expect(timer.initialOutcome).toBe("stopped");
  });
});
