import { Type } from "typebox";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Definition } from "../../src/definition/shape.ts";
import { Machine } from "../../src/machine/machine.ts";
import { recordBucketName } from "../../src/machine/record-buckets.ts";
import type { MachineServices } from "../../src/machine/services.ts";
import type { Look, LookPolicy, Observation, WatcherType } from "../../src/watching/watcher.ts";
import { SimulatedClock, settle } from "../simulated-clock.ts";
import { definition, transition, watcher } from "./definitions.ts";
import { testServices } from "./services.ts";

/** A watcher type that answers each look as the test says. */
function fakeType(answer: (look: Look) => Observation, policy: Partial<LookPolicy> = {}): WatcherType {
  return {
    type: "fake",
    schema: Type.Object({}),
    minimumIntervalMs: undefined,
    initialOutcome: "unknown",
    read: () => ({}),
    policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined, ...policy }),
    create: () => ({ observe: async (look) => answer(look) }),
  };
}

const unchanged: Observation = { outcome: "unchanged" };

async function start(of: Definition, services: MachineServices): Promise<Machine> {
  const machine = await Machine.start(of, services);
  onTestFinished(async () => {
    if (machine.mode !== "stopped") await machine.stop(0);
  });
  return machine;
}

async function begin(options: Parameters<typeof testServices>[0] = {}) {
  const test = await testServices(options);
  onTestFinished(() => test[Symbol.asyncDispose]());
  return test;
}

describe("a machine that starts", () => {
  it("begins in its initial state and has a record of it", async () => {
    const { services, store } = await begin();
    const machine = await start(definition(), services);
    expect(machine.state).toBe("A");
    const record = (await (await store.openBucket(recordBucketName)).get("m"))?.json();
    expect(record).toMatchObject({
      format: 1,
      machine: "m",
      state: "A",
      transitions: 0,
      data: {},
      last: null,
    });
  });

  it("C30 (deviation): comes back in the state it left, with its data, under the same id", async () => {
    const { services } = await begin();
    const first = await start(definition(), services);
    await first.request("go", "person");
    await first.patchData({ x: 1 }, "person");
    await first.stop(0);
    const second = await start(definition(), services);
    expect(second.record).toMatchObject({ state: "B", data: { x: 1 }, id: first.record.id });
    expect(second.record.since).toBe(first.record.since);
  });

  it("C30: with on_restart reset comes back in its initial state, with its data", async () => {
    const { services } = await begin();
    const reset = definition({ onRestart: "reset" });
    const first = await start(reset, services);
    await first.request("go", "person");
    await first.patchData({ x: 1 }, "person");
    await first.stop(0);
    const second = await start(reset, services);
    expect(second.record).toMatchObject({
      state: "A",
      data: { x: 1 },
      last: { by: "daemon: on_restart is reset" },
    });
  });

  it("starts over, and says so, when its state is gone from the definition", async () => {
    const { services, lines } = await begin();
    const first = await start(definition(), services);
    await first.request("go", "person");
    await first.stop(0);
    const edited = definition({ transitions: [transition("go", ["A"], "C")], hash: "edited" });
    const second = await start(edited, services);
    expect(second.record).toMatchObject({ state: "A", definition: "edited", last: { from: "B", to: "A" } });
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "warn",
        message: "starting over",
        fields: expect.objectContaining({ reason: "state B is gone from the definition" }),
      }),
    );
  });

  it("looks again in the state it resumed, also where a fresh start would not", async () => {
    const looks: Look[] = [];
    const type = fakeType(
      (look) => {
        looks.push(look);
        return unchanged;
      },
      { start: "after-interval" },
    );
    const { services } = await begin({ types: [type] });
    const watched = definition({ watchers: [watcher("w", "fake", { stateMatch: ["B"] })] });
    const first = await start(watched, services);
    await first.request("go", "person");
    await first.stop(0);
    await start(watched, services);
    await settle();
    expect(looks.map(({ reason, state }) => `${reason} ${state}`)).toEqual(["entered B", "resume B"]);
  });

  it("takes transitions while it waits out its splay, and looks at nothing before", async () => {
    const clock = new SimulatedClock();
    const looks: string[] = [];
    const type = fakeType((look) => {
      looks.push(`${look.reason} ${look.state}`);
      return unchanged;
    });
    const { services } = await begin({ types: [type], clock, random: () => 0.5 });
    const machine = await start(
      definition({ splayStartMs: 4_000, watchers: [watcher("w", "fake")] }),
      services,
    );
    await machine.request("go", "person");
    expect([machine.mode, looks]).toEqual(["starting", []]);
    await clock.advance(2_000);
    expect([machine.mode, looks]).toEqual(["running", ["start B"]]);
  });

  it("C38: splay_start 5 waits 0 to 4 whole seconds before the first look, 0 does not wait", async () => {
    for (const [random, seconds] of [
      [0, 0],
      [0.5, 2],
      [0.99, 4],
    ] as const) {
      const clock = new SimulatedClock();
      let looks = 0;
      const type = fakeType(() => {
        looks += 1;
        return unchanged;
      });
      const { services } = await begin({ types: [type], clock, random: () => random });
      const machine = await start(
        definition({ splayStartMs: 5_000, watchers: [watcher("w", "fake")] }),
        services,
      );
      expect(machine.mode).toBe(seconds === 0 ? "running" : "starting");
      await clock.advance(seconds * 1000 - 1);
      expect(looks).toBe(seconds === 0 ? 1 : 0);
      await clock.advance(1);
      expect(looks).toBe(1);
    }
  });
});

describe("a watcher type that cannot make its watcher", () => {
  it("keeps the machine from starting, and leaves nothing of it behind", async () => {
    const type = {
      ...fakeType(() => unchanged),
      create: () => {
        throw new Error("no such device");
      },
    };
    const { services } = await begin({ types: [type] });
    const broken = definition({ watchers: [watcher("w", "fake")] });
    await expect(start(broken, services)).rejects.toThrow("no such device");
    expect(services.roster.find("m")).toBeUndefined();
  });
});

describe("what a watcher saw", () => {
  it("is committed, told to the watchers, and published, in one transition", async () => {
    const seen: string[] = [];
    const type = fakeType((look) => {
      seen.push(`${look.reason} ${look.state} ${JSON.stringify(look.data)}`);
      return look.state === "A"
        ? { outcome: "changed", fire: "success", patch: { x: 1 }, cursor: 5 }
        : unchanged;
    });
    const { services, events, store } = await begin({ types: [type] });
    const machine = await start(
      definition({ watchers: [watcher("w", "fake", { successTransition: "go" })] }),
      services,
    );
    await untilState(machine, "B", services);
    await settle();
    expect(seen).toEqual(["start A {}", 'entered B {"x":1}']);
    expect(machine.record).toMatchObject({ cursors: { w: 5 }, last: { transition: "go", by: "watcher w" } });
    expect(events.map(({ type: name }) => name)).toEqual(["io.choria.machine.v1.transition"]);
    const records = await store.openBucket(recordBucketName);
    expect((await records.get("m"))?.json()).toEqual(JSON.parse(JSON.stringify(machine.record)));
  });

  it("C29: the transition event has exactly the documented fields, in a CloudEvent", async () => {
    const { services, events } = await begin();
    const machine = await start(definition(), services);
    await machine.request("go", "person");
    const [event] = events;
    expect(event).toMatchObject({
      specversion: "1.0",
      source: "io.choria.machine",
      type: "io.choria.machine.v1.transition",
      subject: "host.example",
      datacontenttype: "application/json",
    });
    expect(event?.id).toMatch(/^[0-9a-f-]{36}$/);
    const second = Math.floor(Date.parse(machine.record.since) / 1000);
    expect(event?.data).toEqual({
      protocol: "io.choria.machine.v1.transition",
      identity: "host.example",
      id: machine.record.id,
      version: "1.0.0",
      timestamp: second,
      machine: "m",
      transition: "go",
      from_state: "A",
      to_state: "B",
    });
  });

  it("C16: a self transition publishes nothing and pokes no watcher", async () => {
    let looks = 0;
    const type = fakeType(() => {
      looks += 1;
      return unchanged;
    });
    const { services, events } = await begin({ types: [type] });
    const stay = definition({
      transitions: [transition("stay", ["A"], "A")],
      watchers: [watcher("w", "fake")],
    });
    const machine = await start(stay, services);
    await machine.request("stay", "person");
    await settle();
    expect([looks, events]).toEqual([1, []]);
  });

  it("does not push transitions out of the history when only a cursor moves", async () => {
    let looks = 0;
    const type = fakeType((look) => {
      looks += 1;
      return look.state === "A" && looks < 200
        ? { outcome: "unchanged", cursor: looks, completedRun: true, lookAgainInMs: 0 }
        : unchanged;
    });
    const { services } = await begin({ types: [type] });
    const machine = await start(definition({ watchers: [watcher("w", "fake")] }), services);
    await untilRuns(machine, 199);
    const again = await services.records.keeper("m").load();
    expect(again).toMatchObject({ cursors: { w: 199 }, runs: { w: 199 } });
    await machine.request("go", "person");
    const history = await services.records.history("m");
    expect(history.map(({ record }) => record.last?.transition)).toEqual(["go"]);
  });
});

describe("machines that watch each other", () => {
  const leader = definition({ name: "leader" });
  const follower = definition({
    name: "follower",
    transitions: [
      { ...transition("up", ["A"], "B"), subscribe: [{ machine: "leader", event: "go" }] },
      { ...transition("down", ["B"], "A"), subscribe: [{ machine: "leader", event: "back" }] },
    ],
  });

  it("C26: a transition of the other fires the subscribed one if it is legal, else only a warning", async () => {
    const { services, lines } = await begin();
    const other = await start(leader, services);
    const machine = await start(follower, services);
    await other.request("go", "person");
    await untilState(machine, "B", services);
    expect(machine.record.last).toMatchObject({ transition: "up", by: "subscription leader" });
    await machine.request("down", "person");
    await other.request("back", "person");
    await untilSeen(machine, 2);
    expect(machine.state).toBe("A");
    const warned = lines.filter(({ level }) => level === "warn").map(({ fields }) => fields["transition"]);
    expect(warned).toEqual(["down"]);
  });

  it("a subscriber that was down sees what happened meanwhile, once and in order", async () => {
    const { services } = await begin();
    const other = await start(leader, services);
    const first = await start(follower, services);
    await first.stop(0);
    await other.request("go", "person");
    await other.request("back", "person");
    await other.request("go", "person");
    const second = await start(follower, services);
    await untilSeen(second, 3);
    expect(second.record).toMatchObject({ state: "B", transitions: 3 });
    await second.stop(0);
    const third = await start(follower, services);
    await third.patchData({ asked: true }, "person");
    expect(third.record.transitions).toBe(3);
  });

  it("a new subscription does not see the past", async () => {
    const { services } = await begin();
    const other = await start(leader, services);
    await other.request("go", "person");
    const machine = await start(follower, services);
    await machine.patchData({ asked: true }, "person");
    expect(machine.state).toBe("A");
  });

  it("C24: a required foreign state makes a watcher active when it comes, without waiting for a tick", async () => {
    const looks: string[] = [];
    const type = fakeType((look) => {
      looks.push(look.reason);
      return unchanged;
    });
    const { services } = await begin({ types: [type] });
    const needs = watcher("w", "fake", { foreignStates: [{ machine: "leader", state: "B" }] });
    await start(definition({ name: "needy", watchers: [needs] }), services);
    expect(looks).toEqual([]);
    const other = await start(leader, services);
    await other.request("go", "person");
    expect(looks).toEqual(["entered"]);
  });
});

describe("a record that somebody else wrote", () => {
  it("C36 (deviation): that is no record is refused with what to do, never overwritten", async () => {
    const { services, store } = await begin();
    const records = await store.openBucket(recordBucketName);
    await records.put("m", "{garbage");
    await expect(start(definition(), services)).rejects.toMatchObject({
      code: "BAD_VALUE",
      message: expect.stringContaining("record machinist-machines/m cannot be read: it is no JSON"),
    });
    expect((await records.get("m"))?.string()).toBe("{garbage");
  });
});

/** Resolves when the machine is in a state, awaiting its events. */
async function untilState(machine: Machine, state: string, services: MachineServices): Promise<void> {
  if (machine.state === state) return;
  await new Promise<void>((resolve) => {
    const undo = services.roster.follow(machine.name, () => {
      if (machine.state !== state) return;
      undo();
      resolve();
    });
  });
}

/** Resolves when the follower has seen so many transitions of the leader: each patch waits its turn in the queue. */
async function untilSeen(machine: Machine, transitions: number): Promise<void> {
  const seen = (): unknown => machine.record.cursors["@leader"];
  while ((seen() as { transitions: number }).transitions < transitions) await machine.patchData({}, "test");
}

async function untilRuns(machine: Machine, runs: number): Promise<void> {
  while ((machine.record.runs["w"] ?? 0) < runs) await settle();
}
