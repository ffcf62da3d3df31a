import { expect, it, onTestFinished } from "vitest";
import type { Definition } from "../../src/definition/shape.ts";
import type { MachineRecord } from "../../src/machine/record.ts";
import { startedOver, startingRecord } from "../../src/machine/starting-record.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { definition, transition } from "./definitions.ts";
import { testServices } from "./services.ts";

async function begin() {
  const clock = new SimulatedClock();
  const { services, lines, ...test } = await testServices({ clock });
  onTestFinished(() => test[Symbol.asyncDispose]());
  const { records } = services;
  const start = (of: Definition) => startingRecord(of, records.keeper(of.name), services);
  /** A machine that has made the transition from A to B. */
  const lived = async (of: Definition): Promise<MachineRecord> => {
    const { record } = await start(of);
    const keeper = records.keeper(of.name);
    await keeper.load();
    const at = new Date(clock.now()).toISOString();
    const last = { transition: "go", from: "A", to: "B", at, by: "person" };
    const moved = { ...record, state: "B", transitions: 1, last };
    await keeper.commit(moved);
    return moved;
  };
  const stored = async (name = "m"): Promise<MachineRecord | null> => records.keeper(name).load();
  return { clock, start, lived, stored, lines, records };
}

it("a machine without transitions starts, one with some resumes, and nothing is written again", async () => {
  const { start, lived, records } = await begin();
  expect((await start(definition())).reason).toBe("start");
  expect((await start(definition())).reason).toBe("start");
  await lived(definition());
  const { revision } = (await records.bucket.get("m")) ?? {};
  const { record, reason } = await start(definition());
  expect([reason, record.state]).toEqual(["resume", "B"]);
  expect((await records.bucket.get("m"))?.revision).toBe(revision);
});

it("the record says at once which definition it is of", async () => {
  const { start, stored } = await begin();
  await start(definition());
  await start(definition({ hash: "edited" }));
  expect(await stored()).toMatchObject({ definition: "edited", version: "1.0.0" });
  await start(definition({ hash: "edited", version: "2.0.0" }));
  expect(await stored()).toMatchObject({ definition: "edited", version: "2.0.0", transitions: 0 });
});

it("who starts over counts that as a transition, and does not go on with anything", async () => {
  const { clock, start, lived, stored } = await begin();
  const reset = definition({ onRestart: "reset" });
  const before = await lived(reset);
  await clock.advance(1_000);
  const at = new Date(clock.now()).toISOString();
  const { record, reason } = await start(reset);
  expect(reason).toBe("start");
  const last = { transition: startedOver, from: "B", to: "A", at, by: "daemon: on_restart is reset" };
  expect(record).toEqual({ ...before, state: "A", since: at, transitions: 2, last });
  expect(await stored()).toEqual(record);
});

it("who starts over in the state it is in has entered it now", async () => {
  const { clock, start, stored } = await begin();
  const reset = definition({ onRestart: "reset" });
  const first = await start(reset);
  await clock.advance(1_000);
  const { record } = await start(reset);
  expect(record).toEqual({ ...first.record, since: new Date(clock.now()).toISOString() });
  expect(await stored()).toEqual(record);
});

it("a new subscription begins after the other's past, a known one goes on, and other cursors stay", async () => {
  const { start, lived, stored, records } = await begin();
  const leader = await lived(definition({ name: "leader" }));
  const subscribed = (machines: readonly string[]) =>
    definition({
      hash: machines.join(" "),
      transitions: [
        { ...transition("go", ["A"], "B"), subscribe: machines.map((machine) => ({ machine, event: "go" })) },
      ],
    });
  const { record } = await start(subscribed(["leader"]));
  expect(record.cursors).toEqual({ "@leader": { id: leader.id, transitions: 1 } });
  const keeper = records.keeper("m");
  await keeper.load();
  await keeper.commit({ ...record, cursors: { "@leader": { id: leader.id, transitions: 0 }, w: 7 } });
  await start(subscribed(["leader", "nobody"]));
  expect((await stored())?.cursors).toEqual({
    "@leader": { id: leader.id, transitions: 0 },
    "@nobody": { id: "", transitions: 0 },
    w: 7,
  });
});
