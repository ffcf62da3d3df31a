import { describe, expect, it } from "vitest";
import { LoopHarness } from "./loop-harness.ts";

const second = 1_000;

describe("when a watcher looks", () => {
  it("looks at once at start, and again an interval after the end of each look", async () => {
    const host = new LoopHarness({}, { intervalMs: 10 * second });
    host.loop.start("start");
    await host.clock.advance(4 * second);
    expect(host.reasons).toEqual(["start"]);
    await host.end();
    await host.clock.advance(9_999);
    expect(host.reasons).toEqual(["start"]);
    await host.clock.advance(1);
    expect(host.reasons).toEqual(["start", "interval"]);
    await host.end();
    await host.loop.stop(0);
    expect(host.clock.armed).toBe(0);
  });

  it("C39: start policy after-interval does not look at t=0 but an interval later", async () => {
    const host = new LoopHarness({}, { start: "after-interval", intervalMs: 2 * second });
    host.loop.start("start");
    await host.clock.advance(1_999);
    expect(host.looks).toHaveLength(0);
    await host.clock.advance(1);
    expect(host.reasons).toEqual(["interval"]);
  });

  it("C40: without an interval it does not look until a state change leads into its state", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] }, { start: "after-interval" });
    host.loop.start("start");
    await host.clock.advance(3_600 * second);
    expect(host.looks).toHaveLength(0);
    await host.enter("B");
    await host.enter("A");
    expect(host.reasons).toEqual(["entered"]);
  });

  it("C41: entering its state looks at once although the interval is an hour; again at the next entry", async () => {
    const host = new LoopHarness(
      { stateMatch: ["B"] },
      { start: "after-interval", intervalMs: 3_600 * second },
    );
    host.answer = { outcome: "success" };
    host.loop.start("start");
    await host.enter("B");
    await host.enter("A");
    await host.enter("B");
    expect(host.reasons).toEqual(["entered", "entered"]);
  });

  it("C43: a start within 30 s looks at a random moment before that", async () => {
    const host = new LoopHarness({}, { start: { withinMs: 30 * second }, intervalMs: 3_600 * second });
    host.random = () => 0.9;
    host.loop.start("start");
    await host.clock.advance(26_999);
    expect(host.looks).toHaveLength(0);
    await host.clock.advance(1);
    expect(host.reasons).toEqual(["start"]);
  });

  it("a resumed machine looks at once, whatever the start policy", async () => {
    const host = new LoopHarness({}, { start: "after-interval", intervalMs: 3_600 * second });
    host.loop.start("resume");
    expect(host.reasons).toEqual(["resume"]);
  });

  it("entry policy when-due waits out the rest of the interval after a state change", async () => {
    const host = new LoopHarness({}, { entry: "when-due", intervalMs: 10 * second });
    host.answer = { outcome: "unchanged" };
    host.loop.start("start");
    await host.clock.advance(3 * second);
    await host.enter("B");
    expect(host.reasons).toEqual(["start"]);
    await host.clock.advance(7 * second);
    expect(host.reasons).toEqual(["start", "interval"]);
    await host.clock.advance(9 * second);
    await host.loop.stop(0);
  });

  it("entry policy when-due looks at once when the interval is just over", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] }, { entry: "when-due", intervalMs: 10 * second });
    host.answer = { outcome: "unchanged" };
    host.loop.start("start");
    await host.enter("B");
    await host.clock.advance(10 * second);
    host.state = "A";
    host.loop.stateChanged();
    expect(host.reasons).toEqual(["start", "entered"]);
    await host.loop.stop(0);
  });

  it("forgets the time that was due when something else begins a look before it", async () => {
    const host = new LoopHarness({}, { intervalMs: 10 * second });
    host.loop.start("start");
    await host.end();
    await host.clock.advance(9 * second);
    await host.enter("B");
    await host.clock.advance(2 * second);
    await host.end();
    expect(host.reasons).toEqual(["start", "entered"]);
    expect(host.clock.nextInMs).toBe(10 * second);
    await host.loop.stop(0);
  });

  it("looks again after the time that the last look asked for, if that is before the interval", async () => {
    const host = new LoopHarness({}, { intervalMs: 10 * second });
    host.answer = { outcome: "running", lookAgainInMs: 4 * second };
    host.loop.start("start");
    await host.clock.advance(4 * second);
    expect(host.reasons).toEqual(["start", "due"]);
  });

  it("says that a time was asked for also when the interval is as long", async () => {
    const host = new LoopHarness({}, { intervalMs: 4 * second });
    host.answer = { outcome: "running", lookAgainInMs: 4 * second };
    host.loop.start("start");
    await host.clock.advance(4 * second);
    expect(host.reasons).toEqual(["start", "due"]);
    await host.loop.stop(0);
  });

  it("tells the further look of the new state, whatever else happened during the look", async () => {
    const host = new LoopHarness({}, { onData: true });
    host.loop.start("start");
    await host.enter("B");
    host.loop.dataChanged();
    await host.end();
    expect(host.reasons).toEqual(["start", "entered"]);
    await host.end();
    await host.loop.stop(0);
  });

  it("forgets at the end of a stay what happened during its look", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] }, { onData: true });
    host.loop.start("start");
    host.loop.dataChanged();
    await host.enter("B");
    await host.end();
    await host.enter("A");
    await host.end();
    expect(host.reasons).toEqual(["start", "entered"]);
    await host.loop.stop(0);
  });

  it("C21: several state changes during a look lead to one further look, judged against the final state", async () => {
    const host = new LoopHarness({});
    host.loop.start("start");
    await host.enter("B");
    await host.enter("C");
    await host.enter("D");
    expect(host.looks).toHaveLength(1);
    await host.end();
    expect(host.looks).toHaveLength(2);
    expect(host.lastLook.look).toMatchObject({ reason: "entered", state: "D", visit: 3 });
    await host.end();
    expect(host.looks).toHaveLength(2);
  });
});

describe("when a watcher is active", () => {
  it("C22: state_match is an OR", async () => {
    const host = new LoopHarness({ stateMatch: ["A", "B"] }, { intervalMs: second });
    host.answer = { outcome: "unchanged" };
    host.loop.start("start");
    expect(host.loop.view.active).toBe(true);
    await host.enter("B");
    expect(host.loop.view.active).toBe(true);
    await host.enter("C");
    expect(host.loop.view.active).toBe(false);
    expect(host.clock.armed).toBe(0);
  });

  it("C24: foreign states must all hold, and state_match with them", async () => {
    const foreignStates = [
      { machine: "one", state: "UP" },
      { machine: "two", state: "UP" },
    ];
    const host = new LoopHarness({ stateMatch: ["A"], foreignStates });
    host.answer = { outcome: "unchanged" };
    host.foreign.set("one", "UP");
    host.loop.start("start");
    expect(host.loop.view.active).toBe(false);
    host.foreign.set("two", "DOWN");
    host.loop.foreignStateChanged();
    expect(host.loop.view.active).toBe(false);
    host.foreign.set("two", "UP");
    host.loop.foreignStateChanged();
    expect(host.loop.view.active).toBe(true);
    expect(host.reasons).toEqual(["entered"]);
    await host.enter("B");
    expect(host.loop.view.active).toBe(false);
  });

  it("tells a look under way that its watcher turns inactive, and no look of a later stay", async () => {
    const host = new LoopHarness({ stateMatch: ["A", "B"] });
    host.loop.start("start");
    const first = host.lastLook;
    await host.enter("B");
    expect(first.look.leaving.aborted).toBe(false);
    await host.enter("C");
    expect(first.look.leaving.aborted).toBe(true);
    expect(first.signal.aborted).toBe(false);
    await host.enter("A");
    await host.end();
    expect(host.looks).toHaveLength(2);
    expect(host.lastLook.look.leaving.aborted).toBe(false);
    await host.end();
  });

  it("tells so also who has asked for the signal before", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] });
    host.loop.start("start");
    const { leaving } = host.lastLook.look;
    await host.enter("B");
    expect(leaving.aborted).toBe(true);
    await host.end();
  });

  it("arms nothing for a look that ends after its stay", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] }, { intervalMs: second });
    host.loop.start("start");
    await host.enter("B");
    await host.end();
    expect([host.clock.armed, host.loop.view.nextLookAt]).toEqual([0, undefined]);
  });

  it("shows when the next look is due, and that none is", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] }, { intervalMs: 10 * second });
    host.loop.start("start");
    expect(host.loop.view.nextLookAt).toBeUndefined();
    await host.end();
    expect(host.loop.view.nextLookAt).toBe(host.clock.now() + 10 * second);
    await host.enter("B");
    expect(host.loop.view.nextLookAt).toBeUndefined();
  });

  it("tells a look under way at once that the machine begins to stop, and lets it finish", async () => {
    const host = new LoopHarness({});
    host.loop.start("start");
    const stopped = host.loop.stop(5 * second);
    expect(host.lastLook.look.leaving.aborted).toBe(true);
    expect(host.lastLook.signal.aborted).toBe(false);
    await host.end({ outcome: "changed", fire: "success" });
    await stopped;
    expect(host.submitted).toEqual([{ observation: { outcome: "changed", fire: "success" }, stale: false }]);
  });

  it("a foreign change that alters nothing begins no look", async () => {
    const host = new LoopHarness({ foreignStates: [{ machine: "one", state: "UP" }] });
    host.answer = { outcome: "unchanged" };
    host.foreign.set("one", "UP");
    host.loop.start("start");
    host.loop.foreignStateChanged();
    await host.clock.advance(second);
    expect(host.reasons).toEqual(["start"]);
  });
});

describe("what becomes of an observation", () => {
  it("is stale when the watcher was inactive meanwhile, even if it is active again", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] });
    host.loop.start("start");
    await host.enter("B");
    await host.enter("A");
    await host.end({ outcome: "success", fire: "success" });
    expect(host.submitted).toEqual([{ observation: { outcome: "success", fire: "success" }, stale: true }]);
    expect(host.lastLook.look.reason).toBe("entered");
    await host.end({ outcome: "success", fire: "success" });
    expect(host.submitted.at(-1)?.stale).toBe(false);
  });

  it("is not stale when the watcher stayed active through a state change", async () => {
    const host = new LoopHarness({ stateMatch: ["A", "B"] });
    host.loop.start("start");
    await host.enter("B");
    await host.end({ outcome: "success", fire: "success" });
    expect(host.submitted[0]?.stale).toBe(false);
  });

  it("a look that throws is an error that fires the fail transition", async () => {
    const host = new LoopHarness({});
    host.loop.start("start");
    host.lastLook.fail(new Error("no such thing"));
    await host.clock.advance(0);
    expect(host.submitted[0]?.observation).toMatchObject({
      outcome: "error",
      fire: "fail",
      error: "no such thing",
    });
    expect(host.loop.view).toMatchObject({ outcome: "error", error: "no such thing" });
  });

  it("a commit that fails is tried again by a new look, later and later", async () => {
    const host = new LoopHarness({});
    host.refusal = new Error("disk full");
    host.answer = { outcome: "changed", fire: "success" };
    host.loop.start("start");
    await host.clock.advance(0);
    expect(host.clock.nextInMs).toBe(250);
    await host.clock.advance(250);
    expect(host.reasons).toEqual(["start", "due"]);
    expect(host.clock.nextInMs).toBe(500);
    host.refusal = undefined;
    await host.clock.advance(500);
    expect(host.submitted).toHaveLength(1);
    expect(host.clock.armed).toBe(0);
  });

  it("a commit makes the next failure's wait short again; failures in a row are logged once", async () => {
    const host = new LoopHarness({}, { intervalMs: 60 * second });
    host.answer = { outcome: "success", fire: "success" };
    host.refusal = new Error("disk full");
    host.loop.start("start");
    await host.clock.advance(0);
    const firstMs = host.clock.nextInMs ?? 0;
    await host.clock.advance(firstMs);
    expect(host.clock.nextInMs).toBe(2 * firstMs);
    expect(host.errors).toHaveLength(1);
    host.refusal = undefined;
    await host.clock.advance(2 * firstMs);
    host.refusal = new Error("disk full");
    await host.clock.advance(60 * second);
    expect(host.clock.nextInMs).toBe(firstMs);
    expect(host.errors).toHaveLength(2);
    await host.loop.stop(0);
  });

  it("a commit that fails because the machine stops is no error to tell of", async () => {
    const host = new LoopHarness({});
    host.loop.start("start");
    host.refusal = new Error("the machine is stopping");
    const stopped = host.loop.stop(5 * second);
    await host.end({ outcome: "success", fire: "success" });
    await stopped;
    expect([host.errors, host.clock.armed]).toEqual([[], 0]);
  });

  it("is announced when the type asks for it, and not when stale", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] });
    host.loop.start("start");
    await host.end({ outcome: "success", announce: true });
    expect(host.announced.map(({ outcome }) => outcome)).toEqual(["success"]);
    await host.enter("B");
    await host.enter("A");
    await host.enter("B");
    await host.end({ outcome: "success", announce: true });
    expect(host.announced).toHaveLength(1);
  });

  it("announce_interval publishes the current outcome for the machine's life, first after one interval", async () => {
    const host = new LoopHarness({ stateMatch: ["B"], announceIntervalMs: 60 * second });
    host.loop.start("start");
    await host.clock.advance(59_999);
    expect(host.announced).toHaveLength(0);
    await host.clock.advance(60_001);
    expect(host.announced.map(({ outcome }) => outcome)).toEqual(["unknown", "unknown"]);
    await host.loop.stop(0);
    expect(host.clock.armed).toBe(0);
  });
});

describe("hints", () => {
  it("begin a look while the watcher is active, and are not followed otherwise", async () => {
    const host = new LoopHarness({ stateMatch: ["A"] }, {}, { hints: true });
    host.answer = { outcome: "unchanged" };
    host.loop.start("start");
    await host.clock.advance(0);
    host.hint?.();
    await host.clock.advance(0);
    expect(host.reasons).toEqual(["start", "hint"]);
    await host.enter("B");
    expect(host.hintsOpen).toBe(0);
    await host.enter("A");
    expect(host.hintsOpen).toBe(1);
    await host.loop.stop(0);
    expect(host.hintsOpen).toBe(0);
    expect(host.clock.armed).toBe(0);
  });
});

describe("stopping", () => {
  it("has ended when the hints have", async () => {
    const host = new LoopHarness({}, {}, { hints: true });
    host.answer = { outcome: "unchanged" };
    host.loop.start("start");
    await host.clock.advance(0);
    let letGo: () => void = () => undefined;
    host.lingering = new Promise((resolve) => {
      letGo = resolve;
    });
    let hasStopped = false;
    const stopped = host.loop.stop(0).then(() => {
      hasStopped = true;
    });
    await host.clock.advance(0);
    expect(hasStopped).toBe(false);
    letGo();
    await stopped;
    expect(host.hintsOpen).toBe(0);
  });

  it("lets the look under way finish and be committed, and begins nothing more", async () => {
    const host = new LoopHarness({}, { intervalMs: second });
    host.loop.start("start");
    const stopped = host.loop.stop(5 * second);
    host.loop.stateChanged();
    await host.clock.advance(4 * second);
    expect(host.lastLook.signal.aborted).toBe(false);
    await host.end({ outcome: "success", fire: "success" });
    await stopped;
    expect(host.submitted).toHaveLength(1);
    expect(host.looks).toHaveLength(1);
    expect(host.clock.armed).toBe(0);
  });

  it("aborts the look when the drain time is over; what it says then is not committed", async () => {
    const host = new LoopHarness({});
    host.loop.start("start");
    const stopped = host.loop.stop(5 * second);
    host.lastLook.signal.addEventListener("abort", () =>
      host.lastLook.end({ outcome: "stopped", fire: "fail" }),
    );
    await host.clock.advance(5 * second);
    await stopped;
    expect(host.lastLook.signal.aborted).toBe(true);
    expect(host.submitted).toHaveLength(0);
  });
});
