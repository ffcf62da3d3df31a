/** A machine's data: how much there may be of it, where it comes from at first, and whom it wakes. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Type } from "typebox";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Definition, WatcherDefinition } from "../../src/definition/shape.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { Machine } from "../../src/machine/machine.ts";
import type { MachineServices } from "../../src/machine/services.ts";
import type { GaugeOwner } from "../../src/watching/gauge.ts";
import { registerWatcherTypes } from "../../src/watching/registry.ts";
import type { WatcherType } from "../../src/watching/watcher.ts";
import { exec } from "../../watchers/exec.ts";
import { expression } from "../../watchers/expression.ts";
import { RecordingRunner } from "../watchers/harness.ts";
import { definition, transition, watcher } from "./definitions.ts";
import { testServices } from "./services.ts";

async function begin() {
  const test = await testServices({ types: [exec, expression] });
  onTestFinished(() => test[Symbol.asyncDispose]());
  const start = async (of: Definition, services: Partial<MachineServices> = {}): Promise<Machine> => {
    const machine = await Machine.start(of, { ...test.services, ...services });
    onTestFinished(async () => {
      if (machine.mode !== "stopped") await machine.stop(0);
    });
    return machine;
  };
  return { ...test, start };
}

describe("data that is too large", () => {
  it("is refused with the size, the limit and the item, and nothing changes", async () => {
    const { start } = await begin();
    const machine = await start(definition());
    await machine.patchData({ small: "x" }, "person");
    const refused = machine.patchData({ big: "x".repeat(600 * 1024) }, "person");
    await expect(refused).rejects.toMatchObject({ code: "VALUE_TOO_LARGE" });
    await expect(refused).rejects.toThrow(
      'the data of machine m would be 600.0 KiB, at most 512.0 KiB are kept; item "big" alone has 600.0 KiB: keep large things in files or in a bucket',
    );
    expect(machine.record.data).toEqual({ small: "x" });
    await machine.request("go", "person");
    expect(machine.state).toBe("B");
  });

  it("may be exactly as large as the limit, and not a byte more", async () => {
    const { start } = await begin();
    const machine = await start(definition());
    // {"big":"…"}
    const fits = "x".repeat(512 * 1024 - 10);
    await machine.patchData({ big: fits }, "person");
    expect(machine.record.data).toEqual({ big: fits });
    await expect(machine.patchData({ big: `${fits}x` }, "person")).rejects.toMatchObject({
      code: "VALUE_TOO_LARGE",
    });
  });

  it("makes the look of a watcher fail: the fail transition is fired, what it found is left out", async () => {
    const { start, until } = await begin();
    const commands = new RecordingRunner({ stdout: JSON.stringify({ big: "x".repeat(600 * 1024) }) });
    const properties = exec.read({ command: "./report", parse_as_data: true });
    const machine = await start(
      definition({
        watchers: [watcher("report", "exec", { stateMatch: ["B"], failTransition: "back", properties })],
      }),
      { commands },
    );
    await machine.request("go", "person");
    await until(() => machine.record.transitions === 2);
    expect(machine.record).toMatchObject({ state: "A", data: {}, last: { transition: "back" } });
    expect(machine.watchers[0]?.error).toContain("512.0 KiB");
  });
});

describe("machine_data.json", () => {
  async function machineIn(directory: string, text: string): Promise<Definition> {
    const own = join(directory, "web");
    await mkdir(own);
    await writeFile(join(own, "machine_data.json"), text);
    return definition({ file: join(own, "machine.yaml"), directory: own });
  }

  it("C30: of an existing directory is taken over once, when the machine is new", async () => {
    const { directory, start, lines } = await begin();
    const of = await machineIn(directory, '{"x": 1, "deep": {"y": [true]}}');
    const first = await start(of);
    expect(first.record.data).toEqual({ x: 1, deep: { y: [true] } });
    expect(lines.map(({ message }) => message)).toContain("data taken over");
    await first.patchData({ x: 2 }, "person");
    await first.stop(0);
    expect((await start(of)).record.data).toEqual({ x: 2, deep: { y: [true] } });
  });

  it.each(["garbage", "null", "[1]", '"text"', `{"big": "${"x".repeat(600 * 1024)}"}`])(
    "C36: that cannot be used is warned of, and the machine starts without: %.20s",
    async (text) => {
      const { directory, start, lines } = await begin();
      const machine = await start(await machineIn(directory, text));
      expect(machine.record.data).toEqual({});
      expect(lines).toContainEqual(
        expect.objectContaining({
          level: "warn",
          message: "data could not be taken over; the machine starts without",
        }),
      );
    },
  );

  it("need not be there", async () => {
    const { directory, start, lines } = await begin();
    const machine = await start(definition({ file: join(directory, "machine.yaml"), directory }));
    expect(machine.record.data).toEqual({});
    expect(lines.filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("beside NAME.yaml belongs to no machine", async () => {
    const { directory, start, lines } = await begin();
    await writeFile(join(directory, "machine_data.json"), '{"x": 1}');
    const machine = await start(definition({ file: join(directory, "web.yaml"), directory }));
    expect(machine.record.data).toEqual({});
    expect(lines.filter(({ level }) => level === "warn")).toEqual([]);
  });
});

describe("a change of data or facts", () => {
  const watches = (successWhen: string, failWhen?: string): WatcherDefinition =>
    watcher("size", "expression", {
      stateMatch: ["A"],
      successTransition: "go",
      properties: expression.read({ success_when: successWhen, ...(failWhen && { fail_when: failWhen }) }),
    });

  it("wakes an expression watcher at once", async () => {
    const { start, until } = await begin();
    const machine = await start(definition({ watchers: [watches("data.size > 10")] }));
    await machine.patchData({ size: 11 }, "person");
    await until(() => machine.state === "B");
    expect(machine.record.last?.by).toBe("watcher size");
  });

  it("of the host's facts does so too", async () => {
    const { start, until } = await begin();
    let facts: JsonObject = { role: "db" };
    const machine = await start(
      definition({ watchers: [watches('facts.role == "web"', 'facts.role == "db"')] }),
      {
        facts: () => facts,
      },
    );
    await until(() => machine.watchers[0]?.outcome === "failed_when");
    facts = { role: "web" };
    machine.dataChanged();
    await until(() => machine.state === "B");
  });
});

describe("a required watcher", () => {
  it("has succeeded in the state before the other looks, and again in the next stay", async () => {
    const { start, until } = await begin();
    const commands = new RecordingRunner();
    const at = (name: string, requires: readonly string[]): WatcherDefinition =>
      watcher(name, "exec", {
        stateMatch: ["B"],
        requires,
        retry: undefined,
        properties: exec.read({ command: `./${name}` }),
      });
    const machine = await start(definition({ watchers: [at("second", ["first"]), at("first", [])] }), {
      commands,
    });
    const ran = (): string[] => commands.requests.map(({ argv }) => argv.join(" "));
    await machine.request("go", "person");
    await until(() => ran().length === 2 && machine.record.runs["second"] === 1);
    commands.answer = { end: { how: "exited", code: 1 } };
    await machine.request("back", "person");
    await machine.request("go", "person");
    await until(() => machine.record.runs["first"] === 2);
    expect(ran()).toEqual(["./first", "./second", "./first"]);
    expect(machine.watchers[0]?.waitsFor).toEqual(["first"]);
  });
});

describe("what a machine shows and takes", () => {
  it("its gauges are gone when it has stopped", async () => {
    const { start } = await begin();
    const shown: [GaugeOwner, number][] = [];
    const gauges = {
      show: (owner: GaugeOwner, all: readonly unknown[]) => void shown.push([owner, all.length]),
    };
    const machine = await start(
      definition({ watchers: [watcher("w", "exec", { properties: exec.read({ command: "x" }) })] }),
      {
        gauges,
      },
    );
    await machine.stop(0);
    expect(shown).toEqual([[{ machine: "m", watcher: "w" }, 0]]);
  });

  it("input for a watcher that is not there is refused with those that are", async () => {
    const { start } = await begin();
    const machine = await start(
      definition({ watchers: [watcher("w", "exec", { properties: exec.read({ command: "x" }) })] }),
    );
    await expect(machine.input("nobody", {})).rejects.toThrow('machine m has no watcher "nobody"; it has w');
  });
});

describe("a message that a look found", () => {
  it("C80: goes to the bus once the look is committed, and not when it was stale", async () => {
    const { events, services, until } = await begin();
    const said: WatcherType = {
      type: "said",
      schema: Type.Object({}),
      minimumIntervalMs: undefined,
      initialOutcome: "unknown",
      read: () => ({}),
      policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),
      create: () => ({
        observe: async ({ state, leaving }) => {
          if (state === "B") await new Promise((resolve) => leaving.addEventListener("abort", resolve));
          return { outcome: "said", message: { subject: "news", payload: state } };
        },
      }),
    };
    const types = registerWatcherTypes([said]);
    const watchers = [watcher("w", "said", { stateMatch: ["A", "B"] })];
    const transitions = [
      transition("go", ["A"], "B"),
      transition("leave", ["B"], "C"),
      transition("back", ["C"], "A"),
    ];
    const machine = await Machine.start(definition({ watchers, transitions }), { ...services, types });
    onTestFinished(() => machine.stop(0));
    const payloads = () =>
      events.flatMap(({ type, data }) =>
        type === "io.choria.machine.v1.gossip" && "payload" in data ? [data["payload"]] : [],
      );
    await until(() => payloads().length === 1);
    for (const name of ["go", "leave", "back"]) await machine.request(name, "person");
    await until(() => payloads().length === 2);
    expect(payloads()).toEqual(["A", "A"]);
  });
});
