import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { applyChange } from "../../src/machine/change.ts";
import { type MachineRecord, newRecord } from "../../src/machine/record.ts";

const record: MachineRecord = {
  ...newRecord({ machine: "m", definition: "hash", version: "1.0.0", state: "A", nowMs: 0 }),
  data: { kept: 1, list: [1, { a: 2 }] },
  cursors: { w: 3 },
};
const move = { transition: "go", from: "A", to: "B", at: "2026-01-02T15:04:05.000Z", by: "watcher w" };

describe("what a change makes of a record", () => {
  it("moves state, patch, cursor and run in one", () => {
    const change = {
      by: "watcher w",
      patch: { fresh: true, list: undefined },
      cursor: { of: "w", value: 4 },
      completedRun: "w",
    };
    const { next, weight } = applyChange(record, change, { move });
    expect(weight).toBe("record");
    expect(next).toMatchObject({ state: "B", since: move.at, transitions: 1, last: move, runs: { w: 1 } });
    expect(next.data).toEqual({ kept: 1, fresh: true });
    expect(next.cursors).toEqual({ w: 4 });
    expect(record.data).toEqual({ kept: 1, list: [1, { a: 2 }] });
  });

  it.each([
    ["a patch with equal values", { patch: { kept: 1, list: [1, { a: 2 }] } }, "nothing"],
    ["C37: deleting what is absent", { patch: { absent: undefined } }, "nothing"],
    ["deleting what every object inherits", { patch: { toString: undefined } }, "nothing"],
    ["the same cursor", { cursor: { of: "w", value: 3 } }, "nothing"],
    ["another cursor only", { cursor: { of: "w", value: 9 } }, "note"],
    ["a completed run only", { completedRun: "w" }, "note"],
    ["changed data", { patch: { kept: 2 } }, "record"],
    ["a run and changed data", { completedRun: "w", patch: { kept: 2 } }, "record"],
  ] as const)("%s weighs %j", (_name, change, weight) => {
    expect(applyChange(record, { by: "test", ...change }).weight).toBe(weight);
  });

  it("puts members beside those that others put there, and makes an object of what is none", () => {
    const merged = (merge: Record<string, JsonObject>, from = record) =>
      applyChange(from, { by: "w", merge });
    const { next } = merged({ metric: { cpu: { load: 1 } } });
    expect(merged({ metric: { disk: { free: 2 } } }, next).next.data).toMatchObject({
      kept: 1,
      metric: { cpu: { load: 1 }, disk: { free: 2 } },
    });
    expect(merged({ metric: { cpu: { load: 1 } } }, next).weight).toBe("nothing");
    expect(merged({ kept: { a: 1 } }).next.data["kept"]).toEqual({ a: 1 });
  });

  it("a member takes the place of one of its name, and goes into what the patch has put there", () => {
    const from = applyChange(record, { by: "w", patch: { metric: { cpu: 1, disk: 1 } } }).next;
    expect(applyChange(from, { by: "w", merge: { metric: { cpu: 2 } } }).next.data["metric"]).toEqual({
      cpu: 2,
      disk: 1,
    });
    const both = { by: "w", patch: { metric: { net: 3 } }, merge: { metric: { cpu: 2 } } };
    expect(applyChange(from, both).next.data["metric"]).toEqual({ net: 3, cpu: 2 });
  });

  it("takes hostile names for what they are: names", () => {
    const patch = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as Record<string, never>;
    const { next } = applyChange(record, { by: "test", patch });
    expect(Object.keys(next.data)).toContain("__proto__");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(applyChange(next, { by: "test", patch: { constructor: undefined } }).next.data).not.toHaveProperty(
      "constructor",
      1,
    );
  });

  it("gives a frozen record", () => {
    const { next } = applyChange(record, { by: "test", patch: { deep: { er: [1] } } });
    expect([Object.isFrozen(next), Object.isFrozen(next.data["deep"])]).toEqual([true, true]);
  });

  it("what the transition sets wins over what the change brings", () => {
    const change = { by: "w", patch: { kept: 2, fresh: 1 }, merge: { object: { a: 1 } } };
    const assigned = { patch: { kept: 1, object: 0 }, occurrences: { n: [1] } };
    const { next, weight } = applyChange(record, change, { assigned });
    expect(next).toMatchObject({ data: { kept: 1, fresh: 1, object: 0 }, occurrences: { n: [1] } });
    expect(weight).toBe("record");
    expect(
      applyChange(record, { by: "w" }, { assigned: { patch: {}, occurrences: { n: [1] } } }).weight,
    ).toBe("record");
  });
});
