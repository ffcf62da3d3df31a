/** What becomes of what a watcher saw, in a running machine whose watchers answer as the test says. */
import { Type } from "typebox";
import { describe, expect, it, onTestFinished } from "vitest";
import { Machine } from "../../src/machine/machine.ts";
import type { MachineServices } from "../../src/machine/services.ts";
import type { GaugeOwner } from "../../src/watching/gauge.ts";
import type { Look, Observation, WatcherContext, WatcherType } from "../../src/watching/watcher.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { definition, transition, watcher } from "./definitions.ts";
import { testServices } from "./services.ts";

type Answer = (look: Look) => Observation | Promise<Observation>;

const unchanged: Observation = { outcome: "unchanged" };

/** Each watcher answers by its name. */
function played(answers: Readonly<Record<string, Answer>>) {
  const looks: string[] = [];
  const contexts: WatcherContext[] = [];
  const type: WatcherType = {
    type: "fake",
    schema: Type.Object({}),
    minimumIntervalMs: undefined,
    initialOutcome: "unknown",
    read: () => ({}),
    policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined, onData: true }),
    create(_, context) {
      contexts.push(context);
      return {
        async observe(look) {
          looks.push(`${context.watcher} in ${look.state}`);
          return (await answers[context.watcher]?.(look)) ?? unchanged;
        },
      };
    },
  };
  return { type, looks, contexts };
}

async function begin(
  answers: Readonly<Record<string, Answer>>,
  of: Parameters<typeof definition>[0],
  more: Partial<MachineServices> = {},
) {
  const { type, looks, contexts } = played(answers);
  const clock = new SimulatedClock();
  const test = await testServices({ types: [type], clock });
  onTestFinished(() => test[Symbol.asyncDispose]());
  const machine = await Machine.start(definition(of), { ...test.services, ...more });
  onTestFinished(async () => {
    if (machine.mode !== "stopped") await machine.stop(0);
  });
  return { ...test, clock, machine, looks, contexts };
}

const fake = (name: string, more: Parameters<typeof watcher>[2] = {}) => watcher(name, "fake", more);

describe("a message", () => {
  it("is published, and not when it is stale", async () => {
    let end: (seen: Observation) => void = () => undefined;
    const message = { subject: "news", payload: "hello" };
    const { machine, events, until } = await begin(
      {
        w: ({ state }) =>
          state === "A" ? { outcome: "published", message } : new Promise((resolve) => (end = resolve)),
      },
      {
        watchers: [fake("w", { stateMatch: ["A", "B"] })],
        transitions: [transition("go", ["A"], "B"), transition("on", ["B"], "C")],
      },
    );
    const said = () => events.filter(({ data }) => "subject" in data || "payload" in data);
    await until(() => said().length === 1);
    expect(said()[0]?.data).toMatchObject({ subject: "news", payload: "hello" });
    await machine.request("go", "test");
    await machine.request("on", "test");
    end({ outcome: "published", announce: true, message: { ...message, payload: "late" } });
    await machine.stop(1_000);
    expect(said()).toHaveLength(1);
    expect(JSON.stringify(events)).not.toContain('"published"');
  });
});

describe("a required watcher", () => {
  it.each<[string, Observation]>([
    ["fails", { outcome: "off", fire: "fail" }],
    ["breaks", { outcome: "error", error: "no" }],
    ["skips", { outcome: "skipped" }],
  ])("that %s has not succeeded", async (_, seen) => {
    const { machine, looks, clock } = await begin(
      { first: () => seen },
      { watchers: [fake("first"), fake("second", { requires: ["first"] })] },
    );
    await clock.advance(0);
    await machine.patchData({ x: 1 }, "test");
    await clock.advance(0);
    expect(machine.watchers[0]?.outcome).toBe(seen.outcome);
    expect(looks).not.toContain("second in A");
    expect(machine.watchers[1]?.waitsFor).toEqual(["first"]);
  });

  it("that found nothing new has succeeded", async () => {
    const { looks, until, clock } = await begin(
      {},
      { watchers: [fake("first"), fake("second", { requires: ["first"] })] },
    );
    await clock.advance(0);
    await until(() => looks.length > 0);
    expect(looks).toEqual(["first in A", "second in A"]);
  });

  it("whose success left the state has not succeeded in the next one", async () => {
    const { machine, looks, until } = await begin(
      { first: () => ({ outcome: "success", fire: "success" }) },
      {
        watchers: [
          fake("first", { stateMatch: ["A"], successTransition: "go" }),
          fake("second", { stateMatch: ["B"], requires: ["first"] }),
        ],
      },
    );
    await until(() => machine.state === "B");
    await machine.patchData({ x: 1 }, "test");
    expect(looks).toEqual(["first in A"]);
  });
});

describe("a failure", () => {
  it("is one warning for as long as its reason is the same, and another after it was over", async () => {
    let error: string | undefined = "no disk";
    const { machine, lines, clock } = await begin(
      { w: () => (error === undefined ? unchanged : { outcome: "error", error }) },
      { watchers: [fake("w")] },
    );
    const look = async (reason: string | undefined, x: number): Promise<unknown[]> => {
      error = reason;
      await machine.patchData({ x }, "test");
      await clock.advance(0);
      return lines
        .filter(({ message }) => message === "a watcher failed")
        .map(({ fields }) => fields["reason"]);
    };
    await clock.advance(0);
    await look("no disk", 1);
    expect(await look("no disk", 2)).toEqual(["no disk"]);
    expect(await look("no room", 3)).toEqual(["no disk", "no room"]);
    await look(undefined, 4);
    expect(await look("no room", 5)).toEqual(["no disk", "no room", "no room"]);
  });
});

describe("what a watcher is given", () => {
  it("is a directory to work in that no other machine has, and gauges of its own", async () => {
    const shown: GaugeOwner[] = [];
    const gauges = { show: (owner: GaugeOwner) => void shown.push(owner) };
    const { contexts, services } = await begin({}, { name: "web", watchers: [fake("w")] }, { gauges });
    expect(contexts[0]?.machine.workDirectory).toBe(`${services.workDirectory}/web`);
    contexts[0]?.showGauges([]);
    expect(shown).toEqual([{ machine: "web", watcher: "w" }]);
  });
});

describe("two transitions that subscribe to one event", () => {
  it("are both taken, in order", async () => {
    const subscribe = [{ machine: "leader", event: "go" }];
    const { machine, services } = await begin(
      {},
      {
        transitions: [
          { ...transition("up", ["A"], "B"), subscribe },
          { ...transition("on", ["B"], "C"), subscribe },
        ],
      },
    );
    const leader = await Machine.start(definition({ name: "leader" }), services);
    onTestFinished(() => leader.stop(0));
    await leader.request("go", "test");
    while (machine.record.transitions < 1) await machine.patchData({}, "test");
    await machine.patchData({}, "test");
    expect([machine.state, machine.record.transitions]).toEqual(["C", 2]);
  });

  it("are not taken, and that is told, when the other's history cannot be read", async () => {
    const subscribe = [{ machine: "leader", event: "go" }];
    const { services, until, lines } = await begin(
      {},
      { transitions: [{ ...transition("up", ["A"], "B"), subscribe }] },
    );
    await services.records.bucket.put("leader", "{garbage");
    services.roster.changed("leader");
    await until(() => lines.some(({ message }) => message === "could not follow another machine"));
    expect(lines.at(-1)).toMatchObject({ level: "error", fields: { machine: "m", other: "leader" } });
  });
});

describe("a machine that stops", () => {
  it("is gone from the roster, follows nobody and has no timer left", async () => {
    const { machine, services, clock, lines } = await begin(
      {},
      {
        watchers: [fake("w", { foreignStates: [{ machine: "other", state: "A" }] })],
        transitions: [{ ...transition("up", ["A"], "B"), subscribe: [{ machine: "other", event: "go" }] }],
      },
    );
    expect(services.roster.find("m")).toBe(machine);
    await machine.stop(60_000);
    expect([services.roster.find("m"), clock.armed, machine.mode]).toEqual([undefined, 0, "stopped"]);
    const before = lines.length;
    services.roster.changed("other");
    await clock.advance(0);
    expect(lines).toHaveLength(before);
    await expect(machine.request("up", "test")).rejects.toThrow("machine m is stopped and takes nothing now");
  });

  it("waits for the rate limit as long as the drain time, and no longer", async () => {
    const { machine, clock } = await begin(
      { w: () => ({ outcome: "success", fire: "success" }) },
      {
        watchers: [fake("w", { stateMatch: ["A"], successTransition: "go" })],
        rateLimit: { delaysMs: [3_600_000], quietMs: 60_000 },
      },
    );
    await clock.advance(0);
    let hasStopped = false;
    const stopped = machine.stop(5_000).then(() => {
      hasStopped = true;
    });
    await clock.advance(4_999);
    expect(hasStopped).toBe(false);
    await clock.advance(1);
    await stopped;
    expect([machine.state, clock.armed]).toEqual(["A", 0]);
  });

  it("in its splay never begins to look", async () => {
    const { type, looks } = played({});
    const clock = new SimulatedClock();
    const test = await testServices({ types: [type], clock, random: () => 0.5 });
    onTestFinished(() => test[Symbol.asyncDispose]());
    const of = definition({
      splayStartMs: 10_000,
      watchers: [fake("w", { foreignStates: [{ machine: "other", state: "A" }] })],
    });
    const machine = await Machine.start(of, test.services);
    test.services.roster.enter({ name: "other", state: "A" });
    await clock.advance(1_000);
    expect([looks, machine.mode]).toEqual([[], "starting"]);
    await machine.stop(0);
    expect(clock.armed).toBe(0);
    await clock.advance(60_000);
    expect(looks).toEqual([]);
  });

  it("has written what was under way when it has stopped", async () => {
    const { machine, store } = await begin({}, {});
    const written = machine.patchData({ x: 1 }, "test");
    await machine.stop(60_000);
    const entry = await (await store.openBucket("machinist-machines")).get("m");
    expect(entry?.json()).toMatchObject({ data: { x: 1 } });
    await written;
  });
});
