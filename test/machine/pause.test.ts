/** A machine that is paused: durable, visible after its commit, and moved by people only. */
import { Type } from "typebox";
import { expect, it, onTestFinished } from "vitest";
import type { Definition } from "../../src/definition/shape.ts";
import type { MachineEvent } from "../../src/events/bus.ts";
import { Machine } from "../../src/machine/machine.ts";
import type { MachineServices } from "../../src/machine/services.ts";
import type { WatcherType } from "../../src/watching/watcher.ts";
import { definition, transition, watcher } from "./definitions.ts";
import { testServices } from "./services.ts";

async function begin() {
  const looks: string[] = [];
  const type: WatcherType = {
    type: "fake",
    schema: Type.Object({}),
    minimumIntervalMs: undefined,
    initialOutcome: "unknown",
    read: () => ({}),
    policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),
    create: () => ({
      observe: async ({ reason }) => {
        looks.push(reason);
        return { outcome: "unchanged" };
      },
    }),
  };
  const test = await testServices({ types: [type] });
  onTestFinished(() => test[Symbol.asyncDispose]());
  return { ...test, looks };
}

async function start(of: Definition, services: MachineServices): Promise<Machine> {
  const machine = await Machine.start(of, services);
  onTestFinished(async () => {
    if (machine.mode !== "stopped") await machine.stop(0);
  });
  return machine;
}

const looking = definition({ watchers: [watcher("w", "fake")] });

it("survives a restart and an edit of the definition, and ends when it is resumed", async () => {
  const { services, looks } = await begin();
  const first = await start(looking, services);
  await first.setPaused(true, "user ann");
  await first.stop(0);
  const second = await start(looking, services);
  await second.stop(0);
  const edited = await start({ ...looking, hash: "other", onRestart: "reset" }, services);
  expect(edited.pause).toEqual({ at: expect.any(String), by: "user ann" });
  expect(looks).toEqual(["start"]);
  await edited.setPaused(false, "user bob");
  expect(edited.pause).toBeUndefined();
  expect(looks).toEqual(["start", "start"]);
  await edited.stop(0);
  expect((await services.records.read("m"))?.record.paused).toBeUndefined();
});

it("is committed before anybody hears of it, once", async () => {
  const { services, events } = await begin();
  const machine = await start(looking, services);
  const committed: unknown[] = [];
  services.bus.subscribe(({ type }) => {
    if (type.endsWith("paused") || type.endsWith("resumed"))
      committed.push(services.records.read("m").then((found) => found?.record.paused?.by));
  });
  await machine.setPaused(true, "user ann");
  await machine.setPaused(true, "user bob");
  expect(machine.pause?.by).toBe("user ann");
  await machine.setPaused(false, "user bob");
  await machine.setPaused(false, "user bob");
  expect((await Promise.all(committed)).length).toBe(2);
  expect(events.map(told)).toEqual([
    ["io.machinist.machine.v1.paused", "user ann", "A"],
    ["io.machinist.machine.v1.resumed", "user bob", "A"],
  ]);
});

function told({ type, firedby, data }: MachineEvent) {
  return [type, firedby, "state" in data ? data.state : undefined];
}

it("is not visible when it cannot be committed", async () => {
  const { services, store, events } = await begin();
  const machine = await start(looking, services);
  await store.close();
  await expect(machine.setPaused(true, "user ann")).rejects.toMatchObject({ code: "STORE_CLOSED" });
  expect(machine.pause).toBeUndefined();
  expect(events).toEqual([]);
});

it("lets people fire transitions, and no watcher looks in the new state", async () => {
  const { services, looks } = await begin();
  const machine = await start(looking, services);
  await machine.setPaused(true, "user ann");
  await machine.request("go", "user ann");
  expect(machine.state).toBe("B");
  expect(machine.isPaused).toBe(true);
  expect(looks).toEqual(["start"]);
  await machine.setPaused(false, "user ann");
  expect(looks).toEqual(["start", "entered"]);
  expect((await services.records.history("m")).map(({ record }) => record.last?.transition)).toEqual(["go"]);
});

it("follows no other machine until it is resumed, and misses nothing", async () => {
  const { services, until } = await begin();
  const leader = await start(definition({ name: "leader" }), services);
  const follower = definition({
    name: "follower",
    transitions: [
      { ...transition("up", ["A"], "B"), subscribe: [{ machine: "leader", event: "go" }] },
      { ...transition("down", ["B"], "A"), subscribe: [{ machine: "leader", event: "back" }] },
    ],
  });
  const machine = await start(follower, services);
  await machine.setPaused(true, "user ann");
  await leader.request("go", "user ann");
  // In the follower's turn, after what the leader's transition put there.
  await machine.patchData({ asked: true }, "user ann");
  expect(machine.state).toBe("A");
  await machine.setPaused(false, "user ann");
  await until(() => machine.state === "B");
  expect(machine.record.last?.by).toBe("subscription leader");
});
