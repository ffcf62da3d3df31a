/** What a loop does besides intervals and states: retries, requirements, data, input from outside. */
import { describe, expect, it } from "vitest";
import { MachinistError } from "../../src/lib/errors.ts";
import { LoopHarness } from "./loop-harness.ts";

const second = 1_000;
const failure = { outcome: "error", fire: "fail", error: "no" } as const;
const plan = { times: 2, delayMs: second, factor: 3, longestMs: 60 * second, jitter: 0 };

describe("retry", () => {
  it("tries a failed look again, ever later, and fires only when the last try has failed", async () => {
    const host = new LoopHarness({ retry: plan }, { intervalMs: 600 * second });
    host.answer = failure;
    host.loop.start("start");
    await host.clock.advance(0);
    expect(host.submitted.map(({ observation }) => observation.fire)).toEqual([undefined]);
    expect(host.clock.nextInMs).toBe(second);
    await host.clock.advance(second);
    expect(host.clock.nextInMs).toBe(3 * second);
    await host.clock.advance(3 * second);
    expect(host.submitted.map(({ observation }) => observation.fire)).toEqual([undefined, undefined, "fail"]);
    expect(host.reasons).toEqual(["start", "due", "due"]);
    // The next interval begins a new series.
    expect(host.clock.nextInMs).toBe(600 * second);
    await host.clock.advance(600 * second);
    expect(host.submitted.at(-1)?.observation.fire).toBeUndefined();
    await host.loop.stop(0);
  });

  it("forgets its failures when a look goes well, and when its stay ends", async () => {
    const host = new LoopHarness({ retry: plan, stateMatch: ["A"] });
    host.loop.start("start");
    await host.clock.advance(0);
    await host.end(failure);
    await host.clock.advance(second);
    await host.end({ outcome: "success", fire: "success" });
    expect(host.submitted.at(-1)?.observation.fire).toBe("success");
    await host.enter("B");
    await host.enter("A");
    await host.end(failure);
    expect(host.clock.nextInMs).toBe(second);
    await host.enter("B");
    expect(host.clock.armed).toBe(0);
    await host.enter("A");
    await host.end(failure);
    expect(host.clock.nextInMs).toBe(second);
    await host.loop.stop(0);
  });

  it("begins a new series after a look that went well in the same stay", async () => {
    const host = new LoopHarness({ retry: plan }, { intervalMs: 600 * second });
    host.loop.start("start");
    await host.end(failure);
    await host.clock.advance(second);
    await host.end({ outcome: "success", fire: "success" });
    await host.clock.advance(600 * second);
    await host.end(failure);
    expect(host.clock.nextInMs).toBe(second);
    await host.loop.stop(0);
  });

  it("varies its waits by the jitter and caps them", async () => {
    const host = new LoopHarness({ retry: { ...plan, longestMs: 2 * second, jitter: 0.5 } });
    host.answer = failure;
    host.random = () => 0;
    host.loop.start("start");
    await host.clock.advance(0);
    expect(host.clock.nextInMs).toBe(second / 2);
    host.random = () => 0.999;
    await host.clock.advance(second / 2);
    expect(host.clock.nextInMs).toBe(2_998);
    await host.loop.stop(0);
  });

  it("keeps what a failed try has changed, and tries no failure that is no error", async () => {
    const host = new LoopHarness({ retry: plan });
    host.loop.start("start");
    await host.clock.advance(0);
    await host.end({ ...failure, patch: { x: 1 }, completedRun: true });
    expect(host.submitted.at(-1)?.observation).toMatchObject({ patch: { x: 1 }, completedRun: true });
    await host.clock.advance(second);
    await host.end({ outcome: "off", fire: "fail" });
    expect(host.submitted.at(-1)?.observation.fire).toBe("fail");
    expect(host.clock.armed).toBe(0);
    await host.loop.stop(0);
  });
});

describe("requires", () => {
  it("holds the first look back until the required watcher has succeeded in the state", async () => {
    const host = new LoopHarness({ requires: ["source"] }, { intervalMs: 10 * second });
    host.loop.start("start");
    await host.clock.advance(60 * second);
    expect(host.looks).toEqual([]);
    expect(host.loop.view.waitsFor).toEqual(["source"]);
    host.successes.add("source");
    host.loop.released();
    expect(host.reasons).toEqual(["start"]);
    expect(host.loop.view.waitsFor).toEqual([]);
    await host.end();
    host.loop.released();
    expect(host.reasons).toEqual(["start"]);
    host.successes.clear();
    await host.enter("B");
    expect(host.reasons).toEqual(["start"]);
    host.loop.released();
    expect(host.reasons).toEqual(["start"]);
    host.successes.add("source");
    host.loop.released();
    expect(host.reasons).toEqual(["start", "entered"]);
    await host.end();
    await host.loop.stop(0);
  });

  it("forgets what was held back when the stay ends", async () => {
    const host = new LoopHarness({ requires: ["source"], stateMatch: ["A"] });
    host.loop.start("start");
    await host.enter("B");
    host.successes.add("source");
    host.loop.released();
    expect(host.looks).toEqual([]);
    expect(host.loop.view.waitsFor).toEqual([]);
    await host.loop.stop(0);
  });
});

describe("data", () => {
  it("that changed begins a look where the policy asks for it, one for many changes", async () => {
    const host = new LoopHarness({}, { onData: true });
    host.loop.start("start");
    await host.clock.advance(0);
    for (let change = 0; change < 5; change++) host.loop.dataChanged();
    await host.end();
    expect(host.reasons).toEqual(["start", "data"]);
    await host.end();
    expect(host.reasons).toEqual(["start", "data"]);
    await host.loop.stop(0);
  });

  it("concerns no other watcher, and none that is inactive", async () => {
    const other = new LoopHarness({});
    other.answer = { outcome: "unchanged" };
    other.loop.start("start");
    await other.clock.advance(0);
    other.loop.dataChanged();
    expect(other.reasons).toEqual(["start"]);
    const inactive = new LoopHarness({ stateMatch: ["B"] }, { onData: true });
    inactive.loop.start("start");
    inactive.loop.dataChanged();
    expect(inactive.looks).toEqual([]);
    await other.loop.stop(0);
    await inactive.loop.stop(0);
  });

  it.each([{ patch: { x: 1 } }, { merge: { x: { y: 1 } } }])(
    "that is too large makes the look fail, without what it found; its run counts: %j",
    async (found) => {
      const host = new LoopHarness({});
      const refusal = new MachinistError("VALUE_TOO_LARGE", "the data would be too large");
      host.refuse = ({ patch, merge }) => (patch || merge ? refusal : undefined);
      host.loop.start("start");
      await host.clock.advance(0);
      await host.end({ outcome: "changed", fire: "success", completedRun: true, ...found });
      const error = "the data would be too large";
      expect(host.submitted.map(({ observation }) => observation)).toEqual([
        { outcome: "error", fire: "fail", announce: true, completedRun: true, error },
      ]);
      expect(host.loop.view.outcome).toBe("error");
      expect(host.clock.armed).toBe(0);
      await host.loop.stop(0);
    },
  );
});

describe("input", () => {
  it("gets a look of its own each, in order, answered with what it found", async () => {
    const host = new LoopHarness({});
    host.loop.start("start");
    await host.clock.advance(0);
    const answers = [host.loop.request({ on: true }), host.loop.request({ on: false })];
    await host.end();
    expect(host.lastLook.look).toMatchObject({ reason: "input", input: { on: true } });
    await host.end({ outcome: "on" });
    expect(host.lastLook.look).toMatchObject({ reason: "input", input: { on: false } });
    await host.end({ outcome: "off" });
    expect((await Promise.all(answers)).map(({ outcome }) => outcome)).toEqual(["on", "off"]);
    expect(host.looks).toHaveLength(3);
    await host.loop.stop(0);
  });

  it("is refused while the watcher is inactive, and when it turns inactive or stops", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] });
    host.state = "B";
    host.loop.start("start");
    const refusal = "watcher w is not active in state B, and takes nothing now";
    await expect(host.loop.request({})).rejects.toThrow(refusal);
    await host.enter("A");
    const waiting = expect(host.loop.request({})).rejects.toThrow(refusal);
    await host.enter("B");
    await waiting;
    await host.end();
    await host.enter("A");
    await host.end();
    const underWay = host.loop.request({});
    const refused = expect(underWay).rejects.toMatchObject({ code: "STOPPED" });
    const stopping = host.loop.stop(0);
    await host.clock.advance(0);
    await host.end();
    await stopping;
    await refused;
    await expect(host.loop.request({})).rejects.toMatchObject({ code: "STOPPED" });
  });

  it("hands a refusal of the look to the one who asked, and to nobody else", async () => {
    const host = new LoopHarness({}, { intervalMs: 10 * second });
    host.loop.start("start");
    await host.clock.advance(0);
    await host.end();
    const asked = host.loop.request({ on: true });
    const refused = expect(asked).rejects.toMatchObject({ code: "ILLEGAL_TRANSITION" });
    host.lastLook.fail(new MachinistError("ILLEGAL_TRANSITION", "disabled"));
    await host.clock.advance(0);
    await refused;
    expect(host.submitted).toHaveLength(1);
    expect(host.clock.nextInMs).toBe(10 * second);
    const bug = host.loop.request({});
    const rejected = expect(bug).rejects.toThrow("a bug");
    host.lastLook.fail(new Error("a bug"));
    await host.clock.advance(0);
    await rejected;
    expect(host.submitted.at(-1)?.observation).toMatchObject({ outcome: "error", fire: "fail" });
    await host.loop.stop(0);
  });

  it("is refused when the observation could not be committed, with the reason when it was too large", async () => {
    const host = new LoopHarness({});
    host.answer = { outcome: "on", fire: "success", patch: { x: 1 } };
    host.loop.start("start");
    await host.clock.advance(0);
    host.refusal = new MachinistError("STORE_FULL", "no room");
    await expect(host.loop.request({})).rejects.toMatchObject({ code: "STOPPED" });
    host.refusal = undefined;
    host.refuse = ({ patch }) => (patch ? new MachinistError("VALUE_TOO_LARGE", "too much") : undefined);
    await expect(host.loop.request({})).rejects.toMatchObject({
      code: "VALUE_TOO_LARGE",
      message: "too much",
    });
    expect(host.loop.view).toMatchObject({ outcome: "error", error: "too much" });
    await host.loop.stop(0);
  });

  it("is refused at once when the watcher has begun to stop, and its look has not ended", async () => {
    const host = new LoopHarness({});
    host.loop.start("start");
    const stopped = host.loop.stop(5 * second);
    await expect(host.loop.request({ on: true })).rejects.toMatchObject({ code: "STOPPED" });
    await host.end();
    await stopped;
  });

  it("that was held back comes first, and the state that was entered meanwhile is looked at then", async () => {
    const host = new LoopHarness({ requires: ["other"] });
    host.answer = { outcome: "unchanged" };
    host.loop.start("start");
    const answered = host.loop.request({ on: true });
    await host.enter("B");
    expect(host.reasons).toEqual([]);
    host.successes.add("other");
    host.loop.released();
    await answered;
    await host.clock.advance(0);
    expect(host.reasons).toEqual(["input", "entered"]);
    await host.loop.stop(0);
  });

  it("is refused when too many wait", async () => {
    const host = new LoopHarness({});
    host.loop.start("start");
    await host.clock.advance(0);
    const waiting = Array.from({ length: 100 }, () => host.loop.request({}).catch(() => "stopped"));
    await expect(host.loop.request({})).rejects.toThrow("100 inputs wait already: try again later");
    host.lastLook.end({ outcome: "unchanged" });
    await host.loop.stop(0);
    expect(await Promise.all(waiting)).toContain("stopped");
  });
});

describe("a look that ends while its machine stops", () => {
  it("is stale when another watcher has moved the machine on meanwhile", async () => {
    for (const change of ["own", "foreign"] as const) {
      const foreignStates = change === "foreign" ? [{ machine: "other", state: "UP" }] : [];
      const host = new LoopHarness({ stateMatch: ["A"], foreignStates });
      host.foreign.set("other", "UP");
      host.loop.start("start");
      await host.clock.advance(0);
      const stopped = host.loop.stop(5 * second);
      if (change === "own") await host.enter("B");
      else {
        host.foreign.set("other", "DOWN");
        host.loop.foreignStateChanged();
      }
      await host.end({ outcome: "success", fire: "success" });
      await stopped;
      expect([change, host.submitted.map(({ stale }) => stale)]).toEqual([change, [true]]);
      expect(host.clock.armed).toBe(0);
    }
  });
});

describe("arrival and leaving", () => {
  it("tells the first look of a stay from the others", async () => {
    const host = new LoopHarness({ stateMatch: ["A", "B"] });
    host.answer = { outcome: "unchanged" };
    host.loop.start("start");
    await host.enter("B");
    await host.enter("C");
    await host.enter("A");
    expect(host.looks.map(({ look }) => [look.state, look.arrived])).toEqual([
      ["A", true],
      ["B", false],
      ["A", true],
    ]);
    await host.loop.stop(0);
  });

  it("is no arrival to go on after a restart", async () => {
    const host = new LoopHarness({});
    host.loop.start("resume");
    await host.clock.advance(0);
    expect(host.lastLook.look.arrived).toBe(false);
    await host.end();
    await host.loop.stop(0);
  });

  it("tells a look under way that its watcher turns inactive", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] });
    host.loop.start("start");
    await host.clock.advance(0);
    const { look } = host.lastLook;
    expect(look.leaving.aborted).toBe(false);
    await host.enter("B");
    expect(look.leaving.aborted).toBe(true);
    await host.end();
    await host.loop.stop(0);
  });
});

describe("policies of entry", () => {
  it("on-schedule leaves the timer alone between states of its own, and goes on with it on return", async () => {
    const host = new LoopHarness(
      { stateMatch: ["A", "B"] },
      { start: { withinMs: 8 * second }, entry: "on-schedule", intervalMs: 10 * second },
    );
    host.answer = { outcome: "OK" };
    host.loop.start("start");
    await host.clock.advance(second);
    await host.enter("B");
    await host.clock.advance(3 * second);
    expect(host.reasons).toEqual(["start"]);
    await host.enter("C");
    expect(host.clock.armed).toBe(0);
    await host.clock.advance(6 * second);
    await host.enter("A");
    await host.clock.advance(4 * second);
    expect(host.reasons).toEqual(["start", "interval"]);
    await host.loop.stop(0);
  });

  it("on-schedule, first active later than the start, spreads its first look like a start", async () => {
    const host = new LoopHarness(
      { stateMatch: ["B"] },
      { start: { withinMs: 8 * second }, entry: "on-schedule", intervalMs: 10 * second },
    );
    host.answer = { outcome: "OK" };
    host.loop.start("start");
    await host.enter("B");
    expect([host.looks.length, host.clock.nextInMs]).toEqual([0, 4 * second]);
    await host.loop.stop(0);
  });

  it("C78: a state that forces a look does so at once, also when it is in no state_match", async () => {
    const host = new LoopHarness(
      { stateMatch: ["A"] },
      { start: "after-interval", entry: "on-schedule", intervalMs: 60 * second, forcedIn: "FORCE_CHECK" },
    );
    host.answer = { outcome: "OK" };
    host.loop.start("start");
    await host.enter("FORCE_CHECK");
    expect(host.reasons).toEqual(["entered"]);
    await host.enter("B");
    expect(host.clock.armed).toBe(0);
    await host.loop.stop(0);
  });
});

describe("after the commit of a look", () => {
  it("its announcement goes out also when its own transition ended the stay", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] });
    host.loop.start("start");
    await host.clock.advance(0);
    host.onSubmit = () => {
      host.state = "B";
      host.loop.stateChanged();
    };
    await host.end({ outcome: "success", fire: "success", announce: true });
    expect(host.announced.map(({ outcome }) => outcome)).toEqual(["success"]);
    await host.loop.stop(0);
  });

  it("the entry of a state is looked at after the input that came before, also when that was refused", async () => {
    const host = new LoopHarness({});
    host.loop.start("start");
    await host.clock.advance(0);
    const refused = expect(host.loop.request({})).rejects.toThrow("disabled");
    await host.enter("B");
    await host.end();
    expect(host.lastLook.look.reason).toBe("input");
    host.lastLook.fail(new MachinistError("ILLEGAL_TRANSITION", "disabled"));
    await host.clock.advance(0);
    await refused;
    expect(host.reasons).toEqual(["start", "input", "entered"]);
    await host.end();
    await host.loop.stop(0);
  });
});

describe("on-schedule between states of its own", () => {
  it("leaves a look alone that is due before the interval", async () => {
    const host = new LoopHarness({}, { entry: "on-schedule", intervalMs: 60 * second });
    host.answer = { outcome: "OK", lookAgainInMs: second };
    host.loop.start("start");
    await host.clock.advance(0);
    await host.enter("B");
    expect(host.clock.nextInMs).toBe(second);
    await host.loop.stop(0);
  });
});

describe("on-schedule without an interval", () => {
  it("looks at no return to its states either, once it has looked", async () => {
    const host = new LoopHarness(
      { stateMatch: ["A"] },
      { start: "after-interval", entry: "on-schedule", forcedIn: "FORCE_CHECK" },
    );
    host.answer = { outcome: "OK" };
    host.loop.start("start");
    for (const state of ["FORCE_CHECK", "B", "A"]) await host.enter(state);
    expect(host.reasons).toEqual(["entered"]);
    expect(host.clock.armed).toBe(0);
    await host.loop.stop(0);
  });

  it("looks at no change of state", async () => {
    const host = new LoopHarness(
      { stateMatch: ["A", "B"] },
      { start: "after-interval", entry: "on-schedule", forcedIn: "FORCE_CHECK" },
    );
    host.answer = { outcome: "OK" };
    host.loop.start("start");
    for (const state of ["B", "C", "A", "FORCE_CHECK", "A"]) await host.enter(state);
    expect(host.looks.map(({ look }) => look.state)).toEqual(["FORCE_CHECK"]);
    await host.loop.stop(0);
  });

  it("a restart spreads its looks as a start does", async () => {
    const host = new LoopHarness(
      {},
      { start: { withinMs: 8 * second }, entry: "on-schedule", intervalMs: 10 * second },
    );
    host.loop.start("resume");
    expect([host.looks.length, host.clock.nextInMs]).toEqual([0, 4 * second]);
    await host.loop.stop(0);
  });
});
