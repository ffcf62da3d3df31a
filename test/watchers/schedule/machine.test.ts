/** A schedule in a running machine, whose loop and record are the real ones. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { Definition } from "../../../src/definition/shape.ts";
import { Machine } from "../../../src/machine/machine.ts";
import { schedule } from "../../../watchers/schedule.ts";
import { definition, transition, watcher } from "../../machine/definitions.ts";
import { type TestServices, testServices } from "../../machine/services.ts";
import { SimulatedClock } from "../../simulated-clock.ts";

const hour = 3_600_000;
const nine = Date.parse("2026-03-02T09:00:00Z");

function scheduled(stateMatch: readonly string[], more: object = {}): Definition {
  const properties = schedule.read({ schedules: ["0 9 * * *"], duration: "10m", timezone: "UTC", ...more });
  return definition({
    transitions: [transition("begin", ["idle"], "working"), transition("end", ["working"], "idle")],
    initialState: "idle",
    watchers: [
      watcher("hours", "schedule", {
        stateMatch,
        successTransition: "begin",
        failTransition: "end",
        properties,
      }),
    ],
  });
}

async function begin(
  startMs: number,
): Promise<{ clock: SimulatedClock; test: TestServices; start: (of: Definition) => Promise<Machine> }> {
  const clock = new SimulatedClock(startMs);
  const test = await testServices({ types: [schedule], clock });
  onTestFinished(() => test[Symbol.asyncDispose]());
  const start = async (of: Definition): Promise<Machine> => {
    const machine = await Machine.start(of, test.services);
    onTestFinished(async () => {
      if (machine.mode !== "stopped") await machine.stop(0);
    });
    return machine;
  };
  return { clock, test, start };
}

/** Moves on, and lets the machine commit what its watcher saw: a write of our own has its turn after that. */
async function pass(machine: Machine, clock: SimulatedClock, durationMs: number): Promise<void> {
  for (let left = durationMs; left > 0; left -= 30_000) {
    await clock.advance(Math.min(left, 30_000));
    await machine.patchData({ passed: clock.now() }, "person");
  }
}

async function reach(machine: Machine, clock: SimulatedClock, state: string): Promise<void> {
  while (machine.state !== state) await pass(machine, clock, 30_000);
}

describe("a machine with a schedule", () => {
  it("follows its windows, a transition at each edge and none else", async () => {
    const { clock, start } = await begin(nine - 60_000);
    const machine = await start(scheduled([]));
    for (let day = 0; day < 3; day++) {
      await reach(machine, clock, "working");
      expect(clock.now()).toBe(nine + day * 24 * hour);
      await reach(machine, clock, "idle");
      expect(clock.now()).toBe(nine + day * 24 * hour + 600_000);
      clock.leap(24 * hour - 660_000);
    }
    expect(machine.record.transitions).toBe(6);
  });

  it("a restart within the window moves nothing; one after it moves it on", async () => {
    const { clock, start } = await begin(nine - 60_000);
    const first = await start(scheduled([]));
    await reach(first, clock, "working");
    await pass(first, clock, 60_000);
    await first.stop(0);
    const second = await start(scheduled([]));
    await pass(second, clock, 60_000);
    expect(second.record.transitions).toBe(1);
    await second.stop(0);
    clock.leap(3 * hour);
    const third = await start(scheduled([]));
    await reach(third, clock, "idle");
    expect(third.record.transitions).toBe(2);
  });

  it("a host that slept past the end is put right by the first look after waking", async () => {
    const { clock, start } = await begin(nine - 60_000);
    const machine = await start(scheduled([]));
    await reach(machine, clock, "working");
    await pass(machine, clock, 60_000);
    clock.leap(5 * hour);
    await pass(machine, clock, 30_000);
    expect(machine.state).toBe("idle");
    expect(machine.record.transitions).toBe(2);
  });

  it("C74: fires once in a window, also after restarts, when the machine comes back again and again", async () => {
    const { clock, start } = await begin(nine - 60_000);
    let machine = await start(scheduled(["idle"]));
    await reach(machine, clock, "working");
    await machine.request("end", "person");
    for (let times = 0; times < 4; times++) {
      await pass(machine, clock, 30_000);
      await machine.request("begin", "person");
      await machine.request("end", "person");
      await machine.stop(0);
      machine = await start(scheduled(["idle"]));
      await pass(machine, clock, 30_000);
    }
    expect(machine.record).toMatchObject({ state: "idle", transitions: 10 });
    clock.leap(23 * hour);
    await reach(machine, clock, "working");
    expect(clock.now()).toBeLessThan(nine + 24 * hour + 60_000);
  });

  it("C74: a start over in the window does not fire again", async () => {
    const { clock, start } = await begin(nine + 60_000);
    const first = await start(scheduled(["idle"]));
    await reach(first, clock, "working");
    await first.stop(0);
    const second = await start({ ...scheduled(["idle"]), onRestart: "reset" });
    await pass(second, clock, 60_000);
    expect(second.state).toBe("idle");
  });

  it("C74: fires in a window that began while the machine was in another state", async () => {
    const { clock, start } = await begin(nine - 60_000);
    const machine = await start(scheduled(["idle"]));
    await machine.request("begin", "person");
    await pass(machine, clock, 120_000);
    await machine.request("end", "person");
    await reach(machine, clock, "working");
    expect(clock.now()).toBeLessThan(nine + 120_000);
    expect(machine.record.transitions).toBe(3);
  });

  it("with refire, begins again each time the machine comes back within the window", async () => {
    const { clock, start } = await begin(nine + 60_000);
    const machine = await start(scheduled(["idle"], { refire: true }));
    await reach(machine, clock, "working");
    await machine.request("end", "person");
    await reach(machine, clock, "working");
    expect(machine.record.transitions).toBe(3);
  });
});
