import { describe, expect, it } from "vitest";
import { createActor, createMachine } from "xstate";
import { checkDefinition } from "../../src/definition/definition.ts";
import type { Definition, WatcherTypeShape } from "../../src/definition/shape.ts";
import { compile, machineConfig, sharedMachine } from "../../src/machine/compile.ts";
import { fakeTypes } from "../definition/fake-types.ts";

const types: ReadonlyMap<string, WatcherTypeShape> = fakeTypes;

interface Chart {
  readonly name?: string;
  readonly initial?: string;
  /** `go: A B -> C` */
  readonly transitions: readonly string[];
  readonly watchers?: string;
}

function define({
  name = "m",
  initial = "A",
  transitions,
  watchers = "[{name: w, type: tick}]",
}: Chart): Definition {
  const lines = transitions.map((line) => {
    const [, event, from = "", destination] = /^(\S+): (.*) -> (\S+)$/.exec(line) ?? [];
    return `- {name: ${event}, from: [${from.split(" ").join(", ")}], destination: ${destination}, description: ${event} it}`;
  });
  const head = `name: ${name}\nversion: 1.0.0\ninitial_state: ${initial}\ntransitions:\n`;
  const bytes = Buffer.from(`${head}${lines.join("\n")}\nwatchers: ${watchers}\n`);
  const { definition, faults } = checkDefinition(bytes, { file: "m.yaml", types });
  if (!definition) throw new Error(faults[0]?.message);
  return definition;
}

/** The states that a machine goes through. */
function walk(definition: Definition, events: readonly string[]): string[] {
  const actor = createActor(compile(definition)).start();
  const states = events.map((type) => {
    actor.send({ type });
    return actor.getSnapshot().value;
  });
  actor.stop();
  return states;
}

describe("compile", () => {
  it("C13 takes what is legal and stays where it is otherwise", () => {
    const definition = define({ transitions: ["go: A -> B", "back: B -> A"] });
    expect(walk(definition, ["back", "go", "go", "back", "unknown"])).toEqual(["A", "B", "B", "A", "A"]);
    const actor = createActor(compile(definition)).start();
    expect(actor.getSnapshot().can({ type: "go" })).toBe(true);
    expect(actor.getSnapshot().can({ type: "back" })).toBe(false);
    actor.stop();
  });

  it("C15 one transition with different destinations: e, e walks A, B, C", () => {
    expect(walk(define({ transitions: ["e: A -> B", "e: B -> C"] }), ["e", "e"])).toEqual(["B", "C"]);
  });

  it("C15 the last definition of a transition from a state wins", () => {
    expect(walk(define({ transitions: ["e: A B -> B", "e: A -> C"] }), ["e"])).toEqual(["C"]);
  });

  it("C16 a self transition is legal and keeps the state without leaving it", () => {
    const configuration = machineConfig(define({ transitions: ["stay: A -> A"] }));
    const told: string[] = [];
    const machine = createMachine({
      ...configuration,
      states: {
        A: { ...configuration.states["A"], entry: () => told.push("entered"), exit: () => told.push("left") },
      },
    });
    const actor = createActor(machine).start();
    expect(actor.getSnapshot().can({ type: "stay" })).toBe(true);
    actor.send({ type: "stay" });
    expect(actor.getSnapshot().value).toBe("A");
    expect(told).toEqual(["entered"]);
    actor.stop();
  });

  it("can be started in any state, and has states that nothing leads out of", () => {
    const compiled = compile(define({ transitions: ["go: A -> END"] }));
    const actor = createActor(compiled, { snapshot: compiled.resolveState({ value: "END" }) }).start();
    actor.send({ type: "go" });
    expect(actor.getSnapshot().value).toBe("END");
    expect(actor.getSnapshot().status).toBe("active");
    actor.stop();
  });

  it("takes names that are also members of objects", () => {
    const definition = define({
      initial: "constructor",
      transitions: ["toString: constructor -> hasOwnProperty", "valueOf: hasOwnProperty -> constructor"],
    });
    expect(walk(definition, ["valueOf", "toString", "valueOf"])).toEqual([
      "constructor",
      "hasOwnProperty",
      "constructor",
    ]);
  });

  it("its configuration is JSON with descriptions and each state's watchers, and runs in a bare xstate", () => {
    const definition = define({
      transitions: ["go: A -> B"],
      watchers: "[{name: all, type: tick}, {name: one, type: tick, state_match: [B]}]",
    });
    const configuration: unknown = JSON.parse(JSON.stringify(machineConfig(definition)));
    expect(configuration).toEqual({
      id: "m",
      version: "1.0.0",
      initial: "A",
      states: {
        A: { on: { go: { target: "B", reenter: false, description: "go it" } }, meta: { watchers: ["all"] } },
        B: { on: {}, meta: { watchers: ["all", "one"] } },
      },
    });
    expect(compile(definition).config).toEqual(configuration);
    const actor = createActor(createMachine(machineConfig(definition))).start();
    actor.send({ type: "go" });
    expect(actor.getSnapshot().getMeta()).toEqual({ "m.B": { watchers: ["all", "one"] } });
    actor.stop();
  });
});

describe("compile with set and increment", () => {
  const text = `
name: m
version: 1.0.0
initial_state: A
transitions:
  - name: go
    from: [A]
    destination: B
    when: (data.n ?? 0) < 2
    set: { role: '{{ lookup "facts.role" "none" }}', by: '{{ lookup "transition.by" "" }}' }
    increment: [{ key: n, window: 1h }, all]
  - { name: back, from: [B], destination: A }
watchers: [{ name: w, type: tick }]
`;
  const { definition } = checkDefinition(Buffer.from(text), { file: "m.yaml", types });
  if (!definition) throw new Error("the machine is good");

  it("has an action assign with what it sets and counts, and a context, all of it JSON", () => {
    const configuration: unknown = JSON.parse(JSON.stringify(machineConfig(definition)));
    expect(configuration).toMatchObject({
      context: { data: {}, occurrences: {} },
      states: {
        A: {
          on: {
            go: {
              target: "B",
              actions: [
                {
                  type: "assign",
                  params: {
                    set: { role: '{{ lookup "facts.role" "none" }}', by: '{{ lookup "transition.by" "" }}' },
                    increment: [
                      { key: "n", by: 1, window: "1h" },
                      { key: "all", by: 1 },
                    ],
                  },
                },
              ],
            },
          },
        },
        B: { on: { back: { target: "A", reenter: false } } },
      },
    });
    expect(compile(definition).config).toEqual(configuration);
  });

  it("is an xstate machine that assigns to its context and asks it in its conditions, as time goes by", () => {
    const actor = createActor(compile(definition)).start();
    const send = (type: string, nowMs: number): unknown => {
      const scope = { facts: () => ({ role: "web" }), identity: "", state: "A", nowMs, by: "me" };
      const event = { type, scope };
      actor.send(event);
      return actor.getSnapshot().value;
    };
    expect(["go", "back", "go", "back", "go"].map((name, at) => send(name, at))).toEqual([
      "B",
      "A",
      "B",
      "A",
      "A",
    ]);
    expect(actor.getSnapshot().context["data"]).toEqual({ role: "web", by: "me", n: 2, all: 2 });
    expect(send("go", 3_600_000)).toBe("B");
    expect(actor.getSnapshot().context["data"]).toMatchObject({ n: 2, all: 3 });
    actor.stop();
  });

  it("works without a scope in its events", () => {
    const actor = createActor(compile(definition)).start();
    actor.send({ type: "go" });
    expect(actor.getSnapshot().context["data"]).toEqual({ role: "none", by: "", n: 1, all: 1 });
    actor.stop();
  });

  it("is shared only by charts that set and count the same", () => {
    const changed = (from: string, to: string): Definition => {
      const { definition: other } = checkDefinition(Buffer.from(text.replace(from, to)), {
        file: "m.yaml",
        types,
      });
      if (!other) throw new Error("the machine is good");
      return other;
    };
    expect(sharedMachine(changed("name: m", "name: other"))).toBe(sharedMachine(definition));
    expect(sharedMachine(changed("1h", "2h"))).not.toBe(sharedMachine(definition));
    expect(sharedMachine(changed('"none"', '"other"'))).not.toBe(sharedMachine(definition));
  });
});

describe("sharedMachine", () => {
  it("is one for definitions that mean the same, whatever they are called and however they are written", () => {
    const one = define({ name: "one", transitions: ["go: A -> B", "back: B -> A"] });
    const other = define({
      name: "other",
      transitions: ["back: B -> A", "go: A -> A", "go: A -> B"],
      watchers: "[{name: v, type: tick, state_match: [A]}]",
    });
    const different = define({ transitions: ["go: A -> B"] });
    const shared = sharedMachine(one);
    expect(sharedMachine(other)).toBe(shared);
    expect(sharedMachine(different)).not.toBe(shared);
    expect(compile(one)).not.toBe(compile(one));
  });

  it("is another one for another initial state", () => {
    const transitions = ["go: A -> B", "back: B -> A"];
    const [inA, inB] = [define({ transitions }), define({ initial: "B", transitions })];
    expect(sharedMachine(inB)).not.toBe(sharedMachine(inA));
    expect(createActor(sharedMachine(inB)).getSnapshot().value).toBe("B");
  });

  it("walks like the one that is not shared", () => {
    const definition = define({ transitions: ["go: A -> B", "go: B -> C"] });
    const actor = createActor(sharedMachine(definition)).start();
    actor.send({ type: "go" });
    actor.send({ type: "go" });
    expect(actor.getSnapshot().value).toBe("C");
    actor.stop();
  });
});
