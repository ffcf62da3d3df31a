import { describe, expect, it } from "vitest";
import { governorChecks } from "../../../src/cli/doctor/governors.ts";
import { machineChecks } from "../../../src/cli/doctor/machines.ts";
import { readMachine } from "../../../src/cli/machine-answer.ts";

const lookOnce = new Set(["exec"]);
const work = {
  name: "work",
  type: "exec",
  active: true,
  looking: false,
  outcome: "error",
  lookedAt: null,
  nextLookAt: null,
  error: "exit status 1",
};
const machine = {
  name: "m",
  version: "1",
  state: "WORK",
  health: "failing",
  transitions: ["go"],
  watchers: [work],
};
const checks = (changes: object): string[] =>
  machineChecks(readMachine({ ...machine, ...changes }), lookOnce).map(
    ({ check, state, text }) => `${state} ${check}: ${text}`,
  );

const failing = "warning Machine m: watcher work fails: exit status 1";

describe("doctor on machines", () => {
  it("names a watcher that fails, and a machine that is stuck because of it", () => {
    expect(checks({})).toEqual([
      failing,
      "problem Machine m: stuck in WORK: work failed and will not look again there; fire a transition (`machinist transition m go`), and add fail_transition, interval or retry",
    ]);
  });

  it.each([
    ["looks again", { watchers: [{ ...work, nextLookAt: "2026-01-02T15:04:05.000Z" }] }],
    ["looks now", { watchers: [{ ...work, looking: true }] }],
    ["is of a type that looks by itself", { watchers: [{ ...work, type: "kv" }] }],
    ["is not the only one", { watchers: [work, { ...work, name: "t", type: "timer", error: null }] }],
  ])("is not stuck when the watcher %s", (_name, changes) => {
    expect(checks(changes)).toEqual([failing]);
  });

  it("tells how a machine failed, and why one does not run", () => {
    const last = { transition: "broke", from: "WORK", to: "FAILED", at: "2026-01-02T15:04:05.000Z" };
    expect(checks({ health: "failed", state: "FAILED", last, transitions: [], watchers: [] })).toEqual([
      "problem Machine m: failed: transition broke led from WORK to FAILED at 2026-01-02T15:04:05.000Z, and no transition leads out; `machinist show m` shows why, `machinist reset m` starts it over",
    ]);
    expect(checks({ health: "faulty", faults: ["m.yaml:1:1 bad"], watchers: [] })).toEqual([
      "problem Machine m: faulty: m.yaml:1:1 bad",
    ]);
    expect(checks({ health: "stopped", watchers: [] })).toEqual([
      "problem Machine m: stopped: it does not run",
    ]);
  });

  it("is content with a machine that waits for its bucket, or is paused", () => {
    const waiting = { ...work, type: "kv", outcome: "waiting", error: "there is no bucket" };
    expect(checks({ health: "waiting", watchers: [waiting] })).toEqual([
      "ok Machine m: watcher work waits: there is no bucket",
    ]);
    expect(checks({ health: "paused", watchers: [] })).toEqual([
      "ok Machine m: paused; `machinist resume m` lets its watchers look again",
    ]);
  });
});

describe("doctor on governors", () => {
  const now = Date.parse("2026-01-02T15:10:00.000Z");
  const holder = (renewedAgoMs: number, owner = "other#w @ host") => ({
    key: "deploys.1",
    owner,
    since: new Date(now - 600_000),
    renewed: new Date(now - renewedAgoMs),
    ttlMs: 30_000,
    revision: 1,
  });
  const governed = [{ machine: "m", watcher: "work", governor: "deploys" }];
  const looking = readMachine({
    ...machine,
    since: "2026-01-02T15:05:00.000Z",
    watchers: [{ ...work, looking: true }],
  });
  const found = (holders: ReturnType<typeof holder>[], machines = [looking], capacity = 1): string[] =>
    governorChecks({
      governors: [{ name: "deploys", capacity, ttlMs: 30_000, holders }],
      governed,
      machines,
      now,
    }).map(({ check, state, text }) => `${state} ${check}: ${text}`);

  it("names a holder that is dead, and how to free its slot", () => {
    expect(found([holder(90_000)], [])).toEqual([
      "warning Governor deploys: slot 1 is held by other#w @ host, which has not renewed it for 1m30s (ttl 30s): the next that waits takes it over; `machinist governor evict deploys 1` frees it now",
    ]);
  });

  it("names a machine that waits long for a slot", () => {
    expect(found([holder(1_000)])).toEqual([
      "warning Governor deploys: watcher work of machine m waits for a slot, in its state for 5m; the slots are held by other#w @ host: `machinist governor view deploys`",
    ]);
  });

  it("is content with one that works in its slot, came just now, does not look, or finds a free slot", () => {
    const content = ["ok Governor deploys: 1 of 1 slots taken"];
    expect(found([holder(1_000, "m#work @ host")])).toEqual(content);
    expect(found([holder(1_000)], [{ ...looking, since: new Date(now - 5_000).toISOString() }])).toEqual(
      content,
    );
    expect(found([holder(1_000)], [readMachine(machine)])).toEqual(content);
    expect(found([holder(1_000)], [looking], 2)).toEqual(["ok Governor deploys: 1 of 2 slots taken"]);
  });
});
