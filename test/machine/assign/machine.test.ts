/** Transitions that set and count, in a running machine with the real record. */
import { describe, expect, it, onTestFinished } from "vitest";
import { requireDefinition } from "../../../src/definition/definition.ts";
import type { Definition } from "../../../src/definition/shape.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { largestDataBytes } from "../../../src/machine/data-limit.ts";
import { Machine } from "../../../src/machine/machine.ts";
import type { Observation, WatcherType } from "../../../src/watching/watcher.ts";
import { timer } from "../../../watchers/timer.ts";
import { SimulatedClock } from "../../simulated-clock.ts";
import { definition, watcher } from "../definitions.ts";
import { testServices } from "../services.ts";

const minute = 60_000;
const hour = 60 * minute;

/** A machine file with these transitions; its timer never fires. */
function file(transitions: string): Definition {
  const text = `
name: m
version: 1.0.0
initial_state: A
rate_limit: false
transitions:
${transitions}
watchers:
  - { name: never, type: timer, state_match: [A], properties: { timer: 52w } }
`;
  return requireDefinition(Buffer.from(text), { file: "m.yaml", types: new Map([["timer", timer]]) });
}

async function begin({
  types = [],
  facts = {},
}: {
  types?: readonly WatcherType[];
  facts?: JsonObject;
} = {}) {
  const clock = new SimulatedClock();
  const test = await testServices({ types: [timer, ...types], clock });
  onTestFinished(() => test[Symbol.asyncDispose]());
  const start = async (of: Definition): Promise<Machine> => {
    const machine = await Machine.start(of, { ...test.services, facts: () => facts });
    onTestFinished(async () => {
      if (machine.mode !== "stopped") await machine.stop(0);
    });
    return machine;
  };
  return { clock, test, start };
}

const cycle = (of: string): string => `
  - { name: go, from: [A], destination: B, ${of} }
  - { name: back, from: [B], destination: A }
`;

/** There and back again. */
async function round(machine: Machine): Promise<void> {
  await machine.request("go", "person");
  await machine.request("back", "person");
}

describe("a transition that sets data", () => {
  it("sets values and filled-in templates; text that is one template keeps the type of its value", async () => {
    const { start, clock } = await begin({ facts: { cpus: 8, role: "web" } });
    const machine = await start(
      file(`
  - name: go
    from: [A]
    destination: B
    set:
      text: plain
      number: 5
      list: [1, '{{ lookup "facts.cpus" 0 }}', { deep: '{{ lookup "data.object" "" }}' }]
      cpus: '{{ lookup "facts.cpus" 0 }}'
      sentence: 'a {{ lookup "facts.role" "" }} with {{ lookup "facts.cpus" 0 }}'
      nothing: null
      missing: '{{ lookup "data.none" false }}'
      was: '{{ lookup "transition" "" }}'
`),
    );
    await machine.patchData({ object: { a: 1 }, kept: true }, "person");
    await machine.request("go", "token ci");
    expect(machine.record).toMatchObject({ state: "B", transitions: 1 });
    expect(machine.record.data).toEqual({
      object: { a: 1 },
      kept: true,
      text: "plain",
      number: 5,
      list: [1, 8, { deep: { a: 1 } }],
      cpus: 8,
      sentence: "a web with 8",
      nothing: null,
      missing: false,
      was: { name: "go", from: "A", at: new Date(clock.now()).toISOString(), by: "token ci" },
    });
  });

  it("evaluates everything with the data of before the transition", async () => {
    const { start } = await begin();
    const machine = await start(
      file(
        cycle(`set: { one: '{{ lookup "data.two" 2 }}', two: '{{ lookup "data.one" 1 }}' }, increment: n`),
      ),
    );
    await machine.patchData({ one: "one", two: "two" }, "person");
    await machine.request("go", "person");
    expect(machine.record.data).toEqual({ one: "two", two: "one", n: 1 });
  });

  it("commits state and data as one record", async () => {
    const { start, test } = await begin();
    const machine = await start(file(cycle("set: { x: 1 }, increment: n")));
    await machine.request("go", "person");
    const history = await test.services.records.history("m");
    expect(history.map(({ record: { state, data } }) => ({ state, data }))).toEqual([
      { state: "B", data: { x: 1, n: 1 } },
    ]);
  });

  it("that keeps the state sets and counts too, without a place among the transitions", async () => {
    const { start, test } = await begin();
    const machine = await start(file("  - { name: tick, from: [A], destination: A, increment: ticks }"));
    for (let times = 0; times < 3; times++) await machine.request("tick", "person");
    expect(machine.record).toMatchObject({ state: "A", transitions: 0, data: { ticks: 3 } });
    expect(test.events.filter(({ type }) => type.includes("transition"))).toEqual([]);
    expect((await test.services.records.read("m"))?.record.data).toEqual({ ticks: 3 });
  });

  it("whose template fails is refused with its place; nothing is committed", async () => {
    const { start } = await begin();
    const machine = await start(
      file(cycle(`set: { a: 1, b: '{{ lookup "data.list" "" | StringsJoin }}' }, increment: n`)),
    );
    await machine.patchData({ list: "no list" }, "person");
    const before = machine.record;
    await expect(machine.request("go", "person")).rejects.toMatchObject({
      code: "TRANSITION_FAILED",
      message:
        "transition go of machine m failed, and changed nothing: set.b: template, line 1 column 28: StringsJoin expects a list, found a string",
    });
    expect(machine.record).toBe(before);
    expect(machine.legalTransitions).toEqual(["go"]);
  });

  it("that would make the data too large is refused; nothing is committed", async () => {
    const { start } = await begin();
    const machine = await start(file(cycle(`set: { copy: '{{ lookup "data.big" "" }}' }`)));
    await machine.patchData({ big: "x".repeat(largestDataBytes / 2) }, "person");
    await expect(machine.request("go", "person")).rejects.toMatchObject({
      code: "TRANSITION_FAILED",
      message: expect.stringMatching(
        /^transition go of machine m failed, and changed nothing: the data of machine m would be/,
      ),
    });
    expect(machine.state).toBe("A");
  });
});

describe("a transition that counts", () => {
  it("counts from 0, by 1 or by more, several items at once", async () => {
    const { start } = await begin();
    const machine = await start(file(cycle("increment: [one, { key: five, by: 5 }]")));
    for (let times = 0; times < 3; times++) await round(machine);
    expect(machine.record.data).toEqual({ one: 3, five: 15 });
  });

  it("refuses to count what is not a number", async () => {
    const { start } = await begin();
    for (const increment of ["n", "{ key: n, window: 1h }"]) {
      const machine = await start(file(cycle(`increment: ${increment}`)));
      await machine.patchData({ n: "three" }, "person");
      await expect(machine.request("go", "person")).rejects.toThrow(
        'failed, and changed nothing: increment of n: data item "n" is not a whole number from 0; set it to 0 or remove it',
      );
      await machine.stop(0);
    }
  });

  it("its counter is seen by conditions: gives up after three within the hour", async () => {
    const { start, clock } = await begin();
    const machine = await start(
      file(`
  - { name: down, from: [A], destination: B, when: (data.restarts ?? 0) < 3, increment: { key: restarts, window: 1h } }
  - { name: down, from: [A], destination: FAILED }
  - { name: up, from: [B], destination: A }
`),
    );
    for (let times = 0; times < 3; times++) {
      expect((await machine.request("down", "person")).to).toBe("B");
      await machine.request("up", "person");
      clock.leap(10 * minute);
    }
    expect(machine.record.data).toEqual({ restarts: 3 });
    // The first one is an hour ago: the window slides.
    clock.leap(30 * minute);
    expect(machine.record.data).toEqual({ restarts: 2 });
    expect((await machine.request("down", "person")).to).toBe("B");
    await machine.request("up", "person");
    expect(machine.record.data).toEqual({ restarts: 3 });
    expect((await machine.request("down", "person")).to).toBe("FAILED");
  });

  it("within a window, counts what is no older than that, to the millisecond", async () => {
    const { start, clock } = await begin();
    const machine = await start(file(cycle("increment: { key: n, by: 2, window: 1h }")));
    await round(machine);
    clock.leap(hour - 1);
    expect(machine.record.data).toEqual({ n: 2 });
    await round(machine);
    expect(machine.record.data).toEqual({ n: 4 });
    clock.leap(1);
    expect(machine.record.data).toEqual({ n: 2 });
    clock.leap(hour);
    expect(machine.record.data).toEqual({ n: 0 });
  });

  it("within a window, goes on after a restart as if it had never stopped", async () => {
    const { start, clock } = await begin();
    const of = file(cycle("increment: { key: n, window: 1h }"));
    const first = await start(of);
    await round(first);
    clock.leap(40 * minute);
    await round(first);
    await first.stop(0);
    clock.leap(10 * minute);
    const second = await start(of);
    expect(second.record.data).toEqual({ n: 2 });
    clock.leap(10 * minute);
    expect(second.record.data).toEqual({ n: 1 });
    clock.leap(40 * minute);
    expect(second.record.data).toEqual({ n: 0 });
  });

  it("within a window, an item that somebody set counts as so many times then", async () => {
    const { start, clock } = await begin();
    const machine = await start(file(cycle("increment: { key: n, window: 1h }")));
    await round(machine);
    await machine.patchData({ n: 3 }, "person");
    clock.leap(hour - 1);
    expect(machine.record.data).toEqual({ n: 3 });
    await machine.patchData({ n: 0 }, "person");
    await round(machine);
    expect(machine.record.data).toEqual({ n: 1 });
    await machine.patchData({ n: undefined }, "person");
    expect(machine.record.data).toEqual({});
    await round(machine);
    expect(machine.record.data).toEqual({ n: 1 });
  });

  it("within a window, can be reset by another transition", async () => {
    const { start } = await begin();
    const machine = await start(
      file(`
  - { name: go, from: [A], destination: B, increment: { key: n, window: 1h } }
  - { name: back, from: [B], destination: A }
  - { name: reset, from: [A], destination: A, set: { n: 0 } }
`),
    );
    await round(machine);
    await round(machine);
    await machine.request("reset", "person");
    await round(machine);
    expect(machine.record.data).toEqual({ n: 1 });
  });

  it("within a window, keeps at most 1000 occurrences", async () => {
    const { start } = await begin();
    const machine = await start(file(cycle("increment: { key: n, by: 700, window: 1h }")));
    await round(machine);
    await round(machine);
    expect(machine.record.data).toEqual({ n: 1000 });
    expect(machine.record.occurrences?.["n"]).toHaveLength(1000);
    await machine.patchData({ n: 5000 }, "person");
    expect(machine.record.data).toEqual({ n: 1000 });
  });

  it("within a window, does not count for years what was counted while the clock was wrong", async () => {
    const { start, clock } = await begin();
    const machine = await start(file(cycle("increment: { key: n, window: 1h }")));
    clock.leap(10_000 * hour);
    await round(machine);
    clock.leap(-10_000 * hour);
    expect(machine.record.data).toEqual({ n: 0 });
  });

  it("follows an edit that gives its counter another window, or takes it away", async () => {
    const { start, clock } = await begin();
    const first = await start(file(cycle("increment: { key: n, window: 1h }")));
    await round(first);
    await first.stop(0);
    clock.leap(2 * minute);
    const shorter = await start({ ...file(cycle("increment: { key: n, window: 1m }")), hash: "shorter" });
    expect(shorter.record.data).toEqual({ n: 0 });
    await round(shorter);
    await shorter.stop(0);
    clock.leap(hour);
    const plain = await start({ ...file(cycle("increment: n")), hash: "plain" });
    await round(plain);
    expect(plain.record.data).toEqual({ n: 2 });
    clock.leap(hour);
    expect(plain.record.data).toEqual({ n: 2 });
  });
});

/** A watcher type that finds what the test says when it is asked. */
function told(seen: () => Observation): WatcherType {
  return {
    ...timer,
    type: "told",
    read: (raw: unknown) => raw,
    check: () => [],
    policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),
    create: () => ({ observe: async () => seen() }),
  } as unknown as WatcherType;
}

describe("a watcher whose transition sets data", () => {
  const failing = `set: { x: '{{ lookup "data.none" "" | StringsJoin }}' }`;
  const machineWith = (transitions: string): Definition => ({
    ...file(transitions),
    watchers: [watcher("w", "told", { stateMatch: ["A"], successTransition: "go", failTransition: "fail" })],
  });

  it("what it found is committed in the same write; what the transition sets wins", async () => {
    const found = told(() => ({ outcome: "found", fire: "success", patch: { x: "found", y: "found" } }));
    const { start, test } = await begin({ types: [found] });
    const machine = await start(
      machineWith(
        "  - { name: go, from: [A], destination: B, set: { x: set }, increment: n }\n  - { name: fail, from: [A], destination: C }",
      ),
    );
    await test.until(() => machine.state === "B");
    expect(machine.record.data).toEqual({ x: "set", y: "found", n: 1 });
    expect(await test.services.records.history("m")).toHaveLength(1);
  });

  it("has failed when its success transition fails: the fail transition fires, nothing else is committed", async () => {
    const found = told(() => ({ outcome: "found", fire: "success", patch: { y: 1 }, completedRun: true }));
    const { start, test } = await begin({ types: [found] });
    const machine = await start(
      machineWith(
        `  - { name: go, from: [A], destination: B, ${failing} }\n  - { name: fail, from: [A], destination: C }`,
      ),
    );
    await test.until(() => machine.state === "C");
    expect(machine.record).toMatchObject({ data: {}, runs: { w: 1 }, last: { transition: "fail" } });
    expect(machine.watchers[0]).toMatchObject({
      outcome: "error",
      error: expect.stringContaining("transition go of machine m failed, and changed nothing: set.x:"),
    });
  });

  it("shows the error, and stays, when its fail transition fails too", async () => {
    const found = told(() => ({ outcome: "found", fire: "success" }));
    const { start, test } = await begin({ types: [found] });
    const machine = await start(
      machineWith(
        `  - { name: go, from: [A], destination: B, ${failing} }\n  - { name: fail, from: [A], destination: C, ${failing} }`,
      ),
    );
    await test.until(() =>
      test.lines.some(({ fields }) => String(fields["reason"]).includes("transition fail of")),
    );
    expect(machine.state).toBe("A");
    expect(machine.watchers[0]?.error).toContain("transition fail of machine m failed");
  });
});

it("a subscription whose transition fails goes on with the next one", async () => {
  const { start, test } = await begin();
  const other = await start(definition({ name: "other" }));
  const machine = await start(
    file(`
  - { name: follow, from: [A], destination: B, set: { x: '{{ lookup "data.list" "" | StringsJoin }}' }, subscribe: [{ machine_name: other, event: go }] }
  - { name: after, from: [A], destination: C, subscribe: [{ machine_name: other, event: back }] }
`),
  );
  await other.request("go", "person");
  await other.request("back", "person");
  await test.until(() => machine.state === "C");
  expect(machine.record.transitions).toBe(1);
  expect(test.lines).toContainEqual(
    expect.objectContaining({
      level: "warn",
      message: "a transition failed and does nothing",
      fields: expect.objectContaining({ transition: "follow", by: "subscription other" }),
    }),
  );
});
