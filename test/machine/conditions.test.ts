/** Transitions that are legal only while a condition holds. */
import { describe, expect, it, onTestFinished } from "vitest";
import { createActor } from "xstate";
import type { Definition, TransitionDefinition } from "../../src/definition/shape.ts";
import { parseCondition } from "../../src/lib/condition.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { compile, machineConfig, sharedMachine } from "../../src/machine/compile.ts";
import { Machine } from "../../src/machine/machine.ts";
import { definition, transition } from "./definitions.ts";
import { testServices } from "./services.ts";

function when(way: TransitionDefinition, text: string): TransitionDefinition {
  return { ...way, when: parseCondition(text) };
}

const go = (destination: string): TransitionDefinition => transition("go", ["A"], destination);

async function start(of: Definition, facts: JsonObject = {}) {
  const test = await testServices({});
  onTestFinished(() => test[Symbol.asyncDispose]());
  const machine = await Machine.start(of, { ...test.services, facts: () => facts });
  onTestFinished(() => machine.stop(0));
  return { machine, lines: test.lines };
}

describe("a transition with a condition", () => {
  const guarded = definition({
    transitions: [when(go("B"), "data.size > 10"), transition("back", ["B"], "A")],
  });

  it("is legal while the condition holds, and no longer", async () => {
    const { machine } = await start(guarded);
    await machine.patchData({ size: 5 }, "person");
    expect(machine.legalTransitions).toEqual([]);
    await expect(machine.request("go", "person")).rejects.toThrow(
      "transition go is not legal in state A of machine m: its condition does not hold; no transition is legal now",
    );
    await machine.patchData({ size: 11 }, "person");
    expect(machine.legalTransitions).toEqual(["go"]);
    expect(await machine.request("go", "person")).toMatchObject({ from: "A", to: "B" });
    expect(machine.counters.illegal).toBe(1);
  });

  it("is not legal when the condition fails, and the log says why", async () => {
    const { machine } = await start(guarded);
    await expect(machine.request("go", "person")).rejects.toThrow(
      'not legal in state A of machine m: expression, at "data.size > 10": found nil, expected a number;',
    );
    expect(machine.state).toBe("A");
  });

  it("sees data, facts, identity and state", async () => {
    const all = definition({
      transitions: [
        when(go("B"), 'data.x == 1 and facts.role == "web" and identity == "host.example" and state == "A"'),
      ],
    });
    const { machine } = await start(all, { role: "web" });
    await machine.patchData({ x: 1 }, "person");
    expect((await machine.request("go", "person")).to).toBe("B");
  });

  it("stands beside others of its name: asked in their order, the one without a condition last", async () => {
    const several = definition({
      transitions: [
        go("REST"),
        when(go("BIG"), "data.size > 100"),
        when(go("MIDDLE"), "data.size > 10"),
        transition("back", ["BIG", "MIDDLE", "REST"], "A"),
      ],
    });
    const { machine } = await start(several);
    const taken: string[] = [];
    for (const size of [500, 50, 5]) {
      await machine.patchData({ size }, "person");
      taken.push((await machine.request("go", "person")).to);
      await machine.request("back", "person");
    }
    expect(taken).toEqual(["BIG", "MIDDLE", "REST"]);
  });

  it("does not consume the rate limit while the condition keeps it from being legal", async () => {
    const limited = { ...guarded, rateLimit: { delaysMs: [0, 3_600_000], quietMs: 60_000 } };
    const { machine } = await start(limited);
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(machine.request("go", "person")).rejects.toThrow("not legal");
    await machine.patchData({ size: 11 }, "person");
    expect((await machine.request("go", "person")).to).toBe("B");
    expect(machine.counters.limited).toBe(0);
  });
});

describe("a compiled machine with conditions", () => {
  const guarded = definition({ transitions: [when(go("B"), "data.size > 10"), go("C")] });

  it("is an xstate machine that asks its context, and the scope of an event", () => {
    const walk = (data: JsonObject): unknown => {
      const compiled = compile(guarded);
      const snapshot = compiled.resolveState({ value: "A", context: { data } });
      const actor = createActor(compiled, { snapshot }).start();
      const scope = { facts: () => ({}), identity: "", state: "A", nowMs: 0, by: "" };
      const event = { type: "go", scope };
      actor.send(event);
      const { value } = actor.getSnapshot();
      actor.stop();
      return value;
    };
    expect([walk({ size: 11 }), walk({ size: 1 }), walk({})]).toEqual(["B", "C", "C"]);
  });

  it("has its conditions in the configuration", () => {
    expect(machineConfig(guarded).states["A"]?.on).toEqual({
      go: [
        { target: "B", reenter: false, guard: { type: "when", params: { condition: "data.size > 10" } } },
        { target: "C", reenter: false },
      ],
    });
  });

  it("is shared only by charts with equal conditions", () => {
    const equal = definition({ transitions: [when(go("B"), "data.size > 10"), go("C")] });
    const other = definition({ transitions: [when(go("B"), "data.size > 11"), go("C")] });
    expect(sharedMachine(equal)).toBe(sharedMachine(guarded));
    expect(sharedMachine(other)).not.toBe(sharedMachine(guarded));
  });
});
