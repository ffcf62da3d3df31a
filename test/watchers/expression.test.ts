import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { expression } from "../../watchers/expression.ts";
import { accepts, faultsOf, PlayedWatcher } from "./harness.ts";

function played(properties: JsonObject, data: JsonObject = {}): PlayedWatcher {
  return new PlayedWatcher(expression, properties, {
    data,
    facts: () => ({ os: { family: "debian" }, cores: 4 }),
  });
}

describe("expression: properties", () => {
  it("C76: one condition is needed, both may be there", () => {
    expect(faultsOf(expression, {})).toEqual([
      { path: ["properties"], message: "there is no condition: write success_when, fail_when or both" },
    ]);
    expect(faultsOf(expression, { success_when: "data.a == 1", fail_when: "data.a == 2" })).toEqual([]);
    expect(accepts(expression, { success_when: "" })).toBe(false);
    expect(accepts(expression, { when: "true" })).toBe(false);
  });

  it("C76: a condition is checked when the file is read: names, and that it gives true or false", () => {
    expect(faultsOf(expression, { success_when: "data.size + 1", fail_when: "dat.size > 1" })).toEqual([
      {
        path: ["properties", "success_when"],
        message: "expression, column 1: it gives a number, expected true or false: compare it with something",
      },
      {
        path: ["properties", "fail_when"],
        message: 'expression, column 1: unknown name "dat", did you mean "data"?',
      },
    ]);
  });

  it("looks every 10 s when nothing else is said, and when data or facts change", () => {
    const properties = expression.read({ success_when: "true" });
    expect(expression.policy(properties, undefined)).toMatchObject({ intervalMs: 10_000, onData: true });
    expect(expression.policy(properties, 500)).toMatchObject({ intervalMs: 500 });
    expect(expression.minimumIntervalMs).toBe(500);
  });
});

describe("expression: looks", () => {
  it("C75: success_when true twice is announced twice and fired once; the same for fail_when", async () => {
    for (const [name, outcome, fire] of [
      ["success_when", "success_when", "success"],
      ["fail_when", "failed_when", "fail"],
    ] as const) {
      const watcher = played({ [name]: "data.on" }, { on: true });
      expect(await watcher.look("start")).toMatchObject({
        outcome,
        fire,
        announce: true,
        detail: { previous_outcome: "skipped" },
      });
      const again = await watcher.look();
      expect(again).toMatchObject({ outcome, announce: true, detail: { previous_outcome: outcome } });
      expect(again.fire).toBeUndefined();
      watcher.kept.data = { on: false };
      const off = await watcher.look("data");
      expect([off.outcome, off.announce, off.fire]).toEqual(["no_match", false, undefined]);
      watcher.kept.data = { on: true };
      expect((await watcher.look("data")).fire).toBe(fire);
    }
  });

  it("C75: an error is announced, fires nothing, and ends what was true before", async () => {
    const watcher = played({ success_when: "data.size > 1" }, { size: 2 });
    expect((await watcher.look("start")).fire).toBe("success");
    watcher.kept.data = {};
    const failed = await watcher.look("data");
    expect(failed).toMatchObject({
      outcome: "error",
      announce: true,
      error: 'expression, at "data.size > 1": found nil, expected a number',
    });
    expect(failed.fire).toBeUndefined();
    watcher.kept.data = { size: 2 };
    expect((await watcher.look("data")).fire).toBe("success");
  });

  it("C76: success_when comes before fail_when; data, facts, get_fact, identity and state are there", async () => {
    const both = played({ success_when: "data.on", fail_when: "data.on" }, { on: true });
    expect((await both.look("start")).outcome).toBe("success_when");
    for (const condition of [
      'get_fact("os.family") == "debian"',
      'facts.os.family == "debian" and facts.cores > 2',
      'identity == "host.example"',
      'state == "A"',
    ])
      expect((await played({ success_when: condition }).look("start")).outcome, condition).toBe(
        "success_when",
      );
  });

  it("C76: what is neither true nor false when it is asked is an error", async () => {
    const watcher = played({ success_when: "data.on" }, { on: 1 });
    expect((await watcher.look("start")).error).toBe("expression: it gave a number, expected true or false");
  });

  it("fires again in another stay, not when it moves between its own states, and not after a restart", async () => {
    const watcher = played({ success_when: "data.on" }, { on: true });
    expect((await watcher.look("start")).fire).toBe("success");
    watcher.enter("B");
    watcher.arrived = false;
    expect((await watcher.look("entered")).fire).toBeUndefined();
    watcher.restart();
    expect((await watcher.look("resume")).fire).toBeUndefined();
    watcher.enter("A");
    expect((await watcher.look("entered")).fire).toBe("success");
  });

  it("fires after a crash between entering a state and the first look in it", async () => {
    const watcher = played({ success_when: "data.on" }, { on: true });
    await watcher.look("start");
    watcher.enter("B");
    watcher.restart();
    watcher.arrived = false;
    expect((await watcher.look("resume")).fire).toBe("success");
  });

  it("remembers nothing that a look could not commit", async () => {
    const watcher = played({ success_when: "data.on" }, { on: true });
    expect((await watcher.peek("start")).fire).toBe("success");
    expect((await watcher.look("start")).fire).toBe("success");
  });
});
