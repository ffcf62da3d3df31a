import { describe, expect, it } from "vitest";
import type { Definition } from "../../src/definition/shape.ts";
import { MachinistError } from "../../src/lib/errors.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import type { LogFields, Logger } from "../../src/lib/logger.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { Committer } from "../../src/machine/committer.ts";
import { type LastTransition, type MachineRecord, newRecord } from "../../src/machine/record.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { definition, transition } from "./definitions.ts";

/** A committer whose record goes to an array instead of a bucket: what is tested here is order and legality. */
function start(of: Definition = definition()) {
  const clock = new SimulatedClock();
  const committed: MachineRecord[] = [];
  const noted: MachineRecord[] = [];
  const moves: LastTransition[] = [];
  const warnings: (LogFields | undefined)[] = [];
  const lines: { level: string; message: string; fields: LogFields | undefined }[] = [];
  const log: Logger = {
    ...silentLogger,
    debug: (message, fields) => void lines.push({ level: "debug", message, fields }),
    info: (message, fields) => void lines.push({ level: "info", message, fields }),
    warn: (_message, fields) => void warnings.push(fields),
  };
  const keeper = {
    revision: 1,
    refusal: undefined as Error | undefined,
    async commit(record: MachineRecord): Promise<void> {
      if (keeper.refusal) throw keeper.refusal;
      committed.push(record);
      keeper.revision += 1;
    },
    async note(record: MachineRecord): Promise<void> {
      noted.push(record);
    },
  };
  const dataChanges: JsonObject[] = [];
  const { name, hash, version, initialState } = of;
  const committer = new Committer({
    definition: of,
    record: newRecord({ machine: name, definition: hash, version, state: initialState, nowMs: clock.now() }),
    keeper,
    clock,
    random: () => 0.5,
    log,
    facts: () => ({}),
    identity: "host.example",
    onMove: (move) => void moves.push(move),
    onPause: () => undefined,
    onData: () => void dataChanges.push(committer.record.data),
  });
  return { committer, clock, committed, lines, noted, moves, warnings, keeper, dataChanges };
}

const fire = (name: string) => ({ by: "watcher w", transition: name });

it("the depth of its queue is what waits and what is under way", async () => {
  const { committer } = start();
  expect(committer.queueDepth).toBe(0);
  const changes = [committer.change(fire("go")), committer.change(fire("back"))];
  expect(committer.queueDepth).toBe(2);
  await Promise.all(changes);
  // The last job leaves the queue after those who asked were told.
  await Promise.resolve();
  expect(committer.queueDepth).toBe(0);
});

describe("a transition", () => {
  it("C13: that is not legal changes nothing and is warned of; a legal one is committed, then told", async () => {
    const { committer, committed, moves, warnings } = start();
    await committer.change(fire("back"));
    expect([committed, moves]).toEqual([[], []]);
    expect(warnings).toEqual([{ transition: "back", state: "A", by: "watcher w" }]);
    await committer.change(fire("go"));
    expect(committer.record.state).toBe("B");
    expect(committed).toHaveLength(1);
    expect(moves).toMatchObject([{ transition: "go", from: "A", to: "B", by: "watcher w" }]);
  });

  it("C15: one name walks where each state says", async () => {
    const walk = definition({ transitions: [transition("e", ["A"], "B"), transition("e", ["B"], "C")] });
    const { committer } = start(walk);
    await committer.change(fire("e"));
    await committer.change(fire("e"));
    expect(committer.record.state).toBe("C");
  });

  it("C16: to the same state is neither committed nor told", async () => {
    const { committer, committed, moves } = start(
      definition({ transitions: [transition("stay", ["A"], "A")] }),
    );
    await expect(committer.request("stay", "person")).resolves.toMatchObject({ from: "A", to: "A" });
    expect([committed, moves]).toEqual([[], []]);
  });

  it("C17: without a name is none", async () => {
    const { committer, committed, warnings } = start();
    await committer.change({ by: "watcher w" });
    expect([committed, warnings]).toEqual([[], []]);
  });

  it("C19: illegal ones do not count for the rate limit, legal self transitions do", async () => {
    const limited = definition({
      transitions: [transition("stay", ["A"], "A"), transition("go", ["A"], "B")],
      rateLimit: { delaysMs: [0, 1000], quietMs: 60_000 },
    });
    const { committer, clock, committed } = start(limited);
    await committer.change(fire("back"));
    await committer.change(fire("stay"));
    const gone = committer.change(fire("go"));
    await clock.advance(999);
    expect(committed).toHaveLength(0);
    await clock.advance(1);
    await gone;
    expect(committed).toHaveLength(1);
    expect(committer.counters).toMatchObject({ illegal: 1, limited: 1 });
  });

  it("C20: while one waits for the rate limit the next is judged only afterwards, against the new state", async () => {
    const limited = definition({ rateLimit: { delaysMs: [1000], quietMs: 60_000 } });
    const { committer, clock } = start(limited);
    const go = committer.change(fire("go"));
    const back = committer.request("back", "person");
    await clock.advance(1000);
    await go;
    expect(committer.record.state).toBe("B");
    await clock.advance(1000);
    await expect(back).resolves.toMatchObject({ from: "B", to: "A" });
  });

  it("that waits for the rate limit shows what waits, why and how long, and logs it once", async () => {
    const limited = definition({ rateLimit: { delaysMs: [0, 100, 4200], quietMs: 60_000 } });
    const { committer, clock, lines } = start(limited);
    expect(await committer.request("go", "person")).toMatchObject({ waitedMs: 0 });
    const back = committer.request("back", "watcher w");
    await clock.advance(100);
    expect(await back).toMatchObject({ waitedMs: 100 });
    expect(committer.delay).toBeUndefined();
    const since = clock.now();
    const go = committer.request("go", "watcher w");
    const next = committer.request("back", "person");
    await clock.advance(1000);
    const delay = { transition: "go", by: "watcher w", reason: "rate limit", since, until: since + 4200 };
    expect(committer.delay).toEqual(delay);
    await clock.advance(3200);
    expect(await go).toMatchObject({ waitedMs: 4200 });
    expect(committer.delay).toMatchObject({ transition: "back", by: "person", since: since + 4200 });
    await clock.advance(4200);
    await next;
    expect(committer.delay).toBeUndefined();
    expect(lines).toEqual([
      {
        level: "debug",
        message: "waiting 0.1 s: rate limit",
        fields: { transition: "back", by: "watcher w" },
      },
      { level: "info", message: "waiting 4.2 s: rate limit", fields: { transition: "go", by: "watcher w" } },
      { level: "info", message: "waiting 4.2 s: rate limit", fields: { transition: "back", by: "person" } },
    ]);
  });

  it("whose wait is cut short by a stop does not show it any longer", async () => {
    const { committer } = start(definition({ rateLimit: { delaysMs: [1000], quietMs: 60_000 } }));
    const refused = expect(committer.request("go", "person")).rejects.toMatchObject({ code: "STOPPED" });
    await Promise.resolve();
    expect(committer.delay).toBeDefined();
    await committer.close();
    await refused;
    expect(committer.delay).toBeUndefined();
  });

  it("C27: asked for from outside, an illegal one is an error that names transition and state", async () => {
    const { committer } = start();
    await expect(committer.request("back", "person")).rejects.toMatchObject({
      code: "ILLEGAL_TRANSITION",
      message: "transition back is not legal in state A of machine m; legal now: go",
      details: { machine: "m", state: "A", legal: ["go"] },
    });
    await expect(committer.request("bock", "person")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: 'machine m has no transition "bock"; it has go, back',
    });
  });

  it("asked for from one state only, fires in no other one, though it is legal there", async () => {
    const { committer } = start();
    const [went, refused] = await Promise.allSettled([
      committer.request("go", "person", "A"),
      // B by the time that its turn comes.
      committer.request("back", "person", "A"),
    ]);
    expect(went).toMatchObject({ status: "fulfilled", value: { from: "A", to: "B" } });
    expect(refused).toMatchObject({
      reason: {
        code: "WRONG_STATE",
        message: 'machine m is in state B, not in "A": back was not fired; look at it there first',
        details: { machine: "m", state: "B", wanted: "A" },
      },
    });
    expect(committer.record.state).toBe("B");
    await expect(committer.request("back", "person", "B")).resolves.toMatchObject({ to: "A" });
  });

  it("is committed in one write with the data patch and the cursor", async () => {
    const { committer, committed } = start();
    await committer.change({
      ...fire("go"),
      patch: { x: 1 },
      cursor: { of: "w", value: 7 },
      completedRun: "w",
    });
    expect(committed).toHaveLength(1);
    expect(committed[0]).toMatchObject({ state: "B", data: { x: 1 }, cursors: { w: 7 }, runs: { w: 1 } });
  });
});

describe("a change", () => {
  it("that changes nothing is not written", async () => {
    const { committer, committed, noted, dataChanges } = start();
    await committer.change({ by: "watcher w", patch: { absent: undefined } });
    expect([committed, noted, dataChanges]).toEqual([[], [], []]);
  });

  it("of data is told, and no other", async () => {
    const { committer, dataChanges } = start();
    await committer.change({ by: "watcher w", cursor: { of: "w", value: 7 } });
    await committer.change(fire("go"));
    expect(dataChanges).toEqual([]);
    await committer.change({ by: "watcher w", patch: { x: 1 } });
    expect(dataChanges).toEqual([{ x: 1 }]);
  });

  it("happened when its wait for the rate limit was over", async () => {
    const { committer, committed, clock } = start(
      definition({ rateLimit: { delaysMs: [1_000], quietMs: 60_000 } }),
    );
    const done = committer.change(fire("go"));
    await clock.advance(1_000);
    await done;
    const at = new Date(clock.now()).toISOString();
    expect(committed[0]).toMatchObject({ since: at, last: { at } });
  });
});

describe("an observation that is stale when its turn comes", () => {
  it("fires nothing and patches nothing, but a completed run counts", async () => {
    const { committer, committed, noted } = start();
    const change = { ...fire("go"), patch: { x: 1 }, cursor: { of: "w", value: 7 }, completedRun: "w" };
    await committer.change(change, () => true);
    expect(committed).toHaveLength(0);
    expect(noted).toMatchObject([{ state: "A", data: {}, cursors: {}, runs: { w: 1 } }]);
    expect(committer.counters.stale).toBe(1);
  });
});

describe("a commit that fails", () => {
  it("leaves the machine where it was, and the transition is legal again", async () => {
    const { committer, moves, keeper } = start();
    keeper.refusal = new MachinistError("STORE_FULL", "disk full");
    await expect(committer.request("go", "person")).rejects.toThrow("disk full");
    expect(committer.record.state).toBe("A");
    expect(moves).toHaveLength(0);
    keeper.refusal = undefined;
    await expect(committer.request("go", "person")).resolves.toMatchObject({ to: "B" });
  });
});

describe("closing", () => {
  it("has ended when the write under way has", async () => {
    const { committer, keeper } = start();
    const order: string[] = [];
    let write: () => void = () => undefined;
    const begun = new Promise<void>((begin) => {
      keeper.commit = () =>
        new Promise((resolve) => {
          begin();
          write = () => {
            order.push("written");
            resolve();
          };
        });
    });
    const done = committer.change(fire("go"));
    await begun;
    const closed = committer.close().then(() => order.push("closed"));
    await Promise.resolve();
    write();
    await closed;
    await done;
    expect(order).toEqual(["written", "closed"]);
  });

  it("C28: refuses what waits for the rate limit and everything after", async () => {
    const { committer, committed, clock } = start(
      definition({ rateLimit: { delaysMs: [60_000], quietMs: 60_000 } }),
    );
    const waiting = committer.request("go", "person");
    const refused = expect(waiting).rejects.toMatchObject({ code: "STOPPED" });
    await clock.advance(1);
    await committer.close();
    await refused;
    await expect(committer.request("go", "person")).rejects.toMatchObject({ code: "STOPPED" });
    expect(committed).toHaveLength(0);
    expect(clock.armed).toBe(0);
  });
});
