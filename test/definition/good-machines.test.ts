/** Machine files that are good: what they become, and what of them is worth a warning. */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkDefinition,
  contentHash,
  DefinitionError,
  type DocumentCache,
  requireDefinition,
} from "../../src/definition/definition.ts";
import { faultLine } from "../../src/definition/fault.ts";
import type { Definition } from "../../src/definition/shape.ts";
import type { Json } from "../../src/lib/json.ts";
import { fakeTypes } from "./fake-types.ts";

const machine = `\
name: web
version: 1.0.0
initial_state: A
transitions:
  - name: go
    from: [A]
    destination: B
  - name: back
    from: [B]
    destination: A
watchers:
  - name: w
    type: look
    properties:
      target: x
`;

function check(text: string): { definition: Definition | undefined; lines: string[] } {
  const { definition, faults } = checkDefinition(Buffer.from(text), {
    file: "machines/web.yaml",
    types: fakeTypes,
  });
  return { definition, lines: faults.map((fault) => faultLine(fault).replace("machines/web.yaml:", "")) };
}

function good(text: string): Definition {
  const { definition, lines } = check(text);
  expect(lines).toEqual([]);
  if (!definition) throw new Error("no definition");
  return definition;
}

/** The good machine with lines added to its one watcher. */
function withWatcher(lines: string): string {
  return machine.replace("    properties:\n", `${lines}    properties:\n`);
}

function properties(lines: string): unknown {
  return good(machine + lines).watchers[0]?.properties;
}

describe("good machine files", () => {
  it("C12 load with their name; everything left out has its default", () => {
    const definition = good(machine);
    expect(definition).toEqual({
      name: "web",
      version: "1.0.0",
      description: "",
      initialState: "A",
      states: ["A", "B"],
      splayStartMs: 0,
      onRestart: "resume",
      rateLimit: {
        delaysMs: [
          0, 25, 50, 75, 100, 125, 150, 200, 250, 500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500,
          5000,
        ],
        quietMs: 60_000,
      },
      transitions: [
        {
          name: "go",
          from: ["A"],
          destination: "B",
          description: "",
          subscribe: [],
          when: undefined,
          assignments: undefined,
        },
        {
          name: "back",
          from: ["B"],
          destination: "A",
          description: "",
          subscribe: [],
          when: undefined,
          assignments: undefined,
        },
      ],
      watchers: [
        {
          name: "w",
          type: "look",
          stateMatch: [],
          foreignStates: [],
          successTransition: undefined,
          failTransition: undefined,
          intervalMs: undefined,
          announceIntervalMs: undefined,
          retry: undefined,
          requires: [],
          properties: { target: "x", timeoutMs: 10_000 },
        },
      ],
      hash: createHash("sha256").update(machine).digest("hex"),
      file: resolve("machines/web.yaml"),
      directory: resolve("machines"),
    });
  });

  it("are frozen to the last list", () => {
    const seen: unknown[] = [good(machine)];
    for (const value of seen) {
      if (typeof value !== "object" || value === null) continue;
      expect(Object.isFrozen(value)).toBe(true);
      seen.push(...Object.values(value));
    }
    expect(seen.length).toBeGreaterThan(50);
  });

  it("have all that can be written", () => {
    const definition = good(`\
name: web
version: 1.0.0
description: Serves.
initial_state: A
splay_start: 5
on_restart: reset
rate_limit: {delays: [0s, 100ms], quiet: 2m}
transitions:
  - name: go
    from: [A, B]
    destination: B
    description: Goes.
    when: data.size > 1
    subscribe: [{machine_name: db, event: up}]
watchers:
  - name: w
    type: look
    state_match: [A]
    foreign_state_required: [{machine_name: db, state: UP}]
    success_transition: go
    fail_transition: go
    interval: 1m
    announce_interval: 1h
    retry: {times: 3, delay: 2s, backoff: 1.5, longest: 10s, jitter: 0}
    properties: {target: x}
  - name: v
    type: tick
    retry: {times: 1}
    requires: [w]
`);
    expect(definition).toMatchObject({
      description: "Serves.",
      splayStartMs: 5_000,
      onRestart: "reset",
      rateLimit: { delaysMs: [0, 100], quietMs: 120_000 },
      transitions: [
        {
          description: "Goes.",
          when: { text: "data.size > 1" },
          subscribe: [{ machine: "db", event: "up" }],
        },
      ],
      watchers: [
        {
          stateMatch: ["A"],
          foreignStates: [{ machine: "db", state: "UP" }],
          successTransition: "go",
          failTransition: "go",
          intervalMs: 60_000,
          announceIntervalMs: 3_600_000,
          retry: { times: 3, delayMs: 2_000, factor: 1.5, longestMs: 10_000, jitter: 0 },
        },
        {
          retry: { times: 1, delayMs: 1_000, factor: 2, longestMs: 60_000, jitter: 0.5 },
          requires: ["w"],
        },
      ],
    });
    expect(good(`${machine}rate_limit: false\n`).rateLimit).toBeNull();
    expect(good(`${machine}splay_start: 1m30s\n`).splayStartMs).toBe(90_000);
  });

  it.each([
    ["1w", 604_800_000],
    ["1d", 86_400_000],
    ["1M", 2_592_000_000],
    ["1y", 31_536_000_000],
    ["1h30m", 5_400_000],
    ["500ms", 500],
    ['" 10s "', 10_000],
    ["1.5d", 129_600_000],
  ])("C10 interval %s", (written, intervalMs) => {
    expect(good(withWatcher(`    interval: ${written}\n`)).watchers[0]?.intervalMs).toBe(intervalMs);
  });

  it.each(["1m", "1d"])("C05 announce_interval %s", (written) => {
    expect(
      good(withWatcher(`    announce_interval: ${written}\n`)).watchers[0]?.announceIntervalMs,
    ).toBeDefined();
  });

  it.each([
    "interval: 0",
    "interval: 0s",
    'interval: ""',
    "interval:",
    'fail_transition: ""',
    "state_match:",
  ])("%s is as if it were not there", (line) => {
    const { hash: _hash, ...definition } = good(withWatcher(`    ${line}\n`));
    expect(definition).toEqual({ ...good(machine), hash: undefined });
  });

  it("read on, off, yes and no as text, as YAML 1.2 does", () => {
    const text = machine.replaceAll("[A]", "[on]").replaceAll(": A", ": on").replaceAll("[B]", "[off]");
    expect(good(text.replaceAll(": B", ": off")).states).toEqual(["on", "off"]);
  });

  it("may use aliases and merge keys; what is written in a map itself wins", () => {
    const definition = good(`\
name: web
version: 1.0.0
initial_state: A
transitions:
  - &go {name: go, from: &states [A, B], destination: B}
  - {<<: *go, name: back, destination: A}
watchers:
  - {name: w, type: tick, state_match: *states}
`);
    expect(definition.transitions[1]).toMatchObject({ name: "back", from: ["A", "B"], destination: "A" });
    expect(definition.watchers[0]?.stateMatch).toEqual(["A", "B"]);
  });

  it("may be JSON, have a byte order mark and end their lines as Windows does", () => {
    const definition = good(machine);
    expect(good(`\uFEFF${machine.replaceAll("\n", "\r\n")}`)).toEqual({
      ...definition,
      hash: expect.any(String),
    });
    const { name, version, transitions } = definition;
    const json = { name, version, initial_state: "A", transitions, watchers: [{ name: "t", type: "tick" }] };
    expect(good(JSON.stringify(json, null, 1)).name).toBe("web");
  });

  it("may name states and transitions like members of objects", () => {
    const text = machine.replaceAll("[A]", "[constructor]").replaceAll(": A", ": constructor");
    expect(good(text.replaceAll("name: go", "name: toString")).states).toEqual(["constructor", "B"]);
  });
});

describe("properties are read as weakly as Choria reads them", () => {
  it.each([
    ["strict: true", { strict: true }],
    ['strict: "true"', { strict: true }],
    ["strict: t", { strict: true }],
    ["strict: 1", { strict: true }],
    ["strict: F", { strict: false }],
    ["words: one", { words: ["one"] }],
    ["words: 5", { words: ["5"] }],
    ["words: [1, true]", { words: ["1", "true"] }],
    ['times: "3"', { times: 3 }],
    ["timeout: 0", { timeout: "0" }],
    ["variables: {PORT: 0640, RATIO: 1.10}", { variables: { PORT: "0640", RATIO: "1.10" } }],
    ['either: {size: "3"}', { either: { size: 3 } }],
    ["mode:", {}],
  ])("%s", (line, expected) => {
    const { timeoutMs: _timeoutMs, ...read } = properties(`      ${line}\n`) as Record<string, unknown>;
    expect(read).toEqual({ target: "x", ...expected });
  });

  it("a number as text keeps the way it was written", () => {
    const definition = good(machine.replace("target: x", "target: 1.0"));
    expect(definition.watchers[0]?.properties).toMatchObject({ target: "1.0" });
  });

  it("keys match in any case, with a warning; faults still find what was written", () => {
    const { definition, lines } = check(machine.replace("target", "Target"));
    expect(definition?.watchers[0]?.properties).toMatchObject({ target: "x" });
    expect(lines).toEqual([
      '15:7 warning: watchers[0].properties.Target: key "Target" is read as "target": write it so',
    ]);
    expect(check(`${machine}      TIMES: many\n`).lines[1]).toBe(
      '16:14 watchers[0].properties.TIMES: found "many", expected a whole number',
    );
    expect(check(`${machine}      Target: y\n`).lines[0]).toContain(
      'unknown key "Target", did you mean "target"?',
    );
  });
});

/** Name, text, and all fault lines. */
const warnings: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "a version that is not X.Y.Z",
    machine.replace("1.0.0", "1.0"),
    [
      '2:10 warning: version: "1.0" is no version of three numbers such as "1.0.0"; other tools may refuse it',
    ],
  ],
  [
    "C15 the same transition from the same state twice",
    `${machine.replace("    from: [B]", "    from: [B, A]").replace("name: back", "name: go")}`,
    [
      '7:18 warning: transitions[0].destination: state "B" can never be reached from "A"',
      '9:15 warning: transitions[1].from[1]: transition "go" from state "A" is defined twice, on lines 6 and 9: the last one counts',
    ],
  ],
  [
    "a state that is never reached",
    machine.replace("from: [B]", "from: [B, Bb]"),
    ['9:15 warning: transitions[1].from[1]: state "Bb" can never be reached from "A"'],
  ],
  [
    "a transition that is legal nowhere",
    machine.replace("watchers:", "  - name: reset\n    from: []\n    destination: A\nwatchers:"),
    [
      '12:11 warning: transitions[2].from: transition "reset" is legal in no state: nothing and nobody can ever fire it',
    ],
  ],
  [
    "a transition from states that are never reached, and a watcher active in them only",
    machine
      .replace("watchers:", "  - name: reset\n    from: [lost]\n    destination: A\nwatchers:")
      .replace("    type: look\n", "    type: look\n    state_match: [lost]\n"),
    [
      '12:11 warning: transitions[2].from: transition "reset" is legal only in states that are never reached: nothing and nobody can ever fire it',
      '12:12 warning: transitions[2].from[0]: state "lost" can never be reached from "A"',
      '17:18 warning: watchers[0].state_match: watcher "w" can never be active: lost can never be reached',
    ],
  ],
  [
    "an initial state that nothing leads out of",
    machine.replace("initial_state: A", "initial_state: START"),
    [
      '3:16 warning: initial_state: no transition leads out of the initial state "START": the machine can never move',
    ],
  ],
  [
    "a watcher that fires what is not legal where it is active",
    withWatcher("    state_match: [A]\n    success_transition: back\n"),
    [
      '15:25 warning: watchers[0].success_transition: transition "back" is legal in none of the states in which watcher "w" is active: it will never be fired',
    ],
  ],
  [
    "an interval for a type that has no use for it",
    machine
      .replace("type: look", "type: tick\n    interval: 5s")
      .replace("    properties:\n      target: x\n", ""),
    ["14:15 warning: watchers[0].interval: a tick watcher has no use for an interval: it is ignored"],
  ],
  [
    "what a type itself warns of",
    `${withWatcher("    interval: 5s\n")}      mode: watch\n`,
    ["17:13 warning: watchers[0].properties.mode: mode watch needs no interval: it is told of changes"],
  ],
];

describe("warnings do not stop a machine", () => {
  it.each(warnings)("%s", (_name, text, expected) => {
    const { definition, lines } = check(text);
    expect(lines).toEqual(expected);
    expect(definition).toBeDefined();
  });

  it("a transition that only people can fire is none", () => {
    expect(
      check(machine.replace("    properties", "    success_transition: go\n    properties")).lines,
    ).toEqual([]);
  });
});

describe("the door", () => {
  it("gives the same hash as contentHash", () => {
    expect(good(machine).hash).toBe(contentHash(Buffer.from(machine)));
  });

  it("throws on request, with all faults", () => {
    const bytes = Buffer.from(machine.replace("name: web", "nmae: web").replace("type: look", "type: lok"));
    const options = { file: "/far/web.yaml", shownAs: "web.yaml", types: fakeTypes };
    expect(requireDefinition(Buffer.from(machine), options).file).toBe("/far/web.yaml");
    const error = (() => {
      try {
        return requireDefinition(bytes, options);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(DefinitionError);
    expect(error).toMatchObject({
      code: "INVALID_DEFINITION",
      message: expect.stringMatching(
        /^web\.yaml:1:1 nmae: unknown key .*\nweb\.yaml:13:11 watchers\[0\]\.type: .*$/,
      ),
      faults: [{ line: 1 }, { line: 13 }],
    });
  });

  it("reads no YAML for a document that the cache has, and keeps only documents without faults", () => {
    const documents = new Map<string, Json>();
    const cache: DocumentCache = {
      get: (hash) => documents.get(hash),
      set: (hash, json) => documents.set(hash, json),
    };
    const through = (text: string) =>
      checkDefinition(Buffer.from(text), { file: "m", types: fakeTypes, cache });
    const first = through(machine);
    expect([...documents.keys()]).toEqual([contentHash(Buffer.from(machine))]);
    expect(through(machine)).toEqual({ ...first, faultAt: expect.any(Function) });
    through(machine.replace("1.0.0", "1.0"));
    through("{");
    expect(documents.size).toBe(1);
    // What comes out is made from the cached document: the text is only parsed for the places of faults.
    documents.set(contentHash(Buffer.from("# two\n\n")), { name: "cached" });
    expect(through("# two\n\n").faults.map(({ message }) => message)).toContain(
      "version is missing: the version of this file, such as 1.2.3",
    );
  });
});
