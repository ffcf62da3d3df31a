import { describe, expect, it } from "vitest";
import { httpswitch } from "../../watchers/httpswitch.ts";
import { accepts, faultsOf, PlayedWatcher } from "./harness.ts";

const properties = {
  on_when: ["ON"],
  off_when: ["OFF"],
  disable_when: ["BROKEN"],
  annotations: { room: "attic" },
};

function detail(status: string) {
  return { status, is_on: status === "on", annotations: { room: "attic" } };
}

function set(status: string) {
  return { outcome: status, cursor: status, announce: true, detail: detail(status) };
}

describe("httpswitch: properties", () => {
  it("accepts what is documented, and nothing at all", () => {
    for (const accepted of [properties, {}, { annotations: {} }, { on_when: [] }]) {
      expect(accepts(httpswitch, accepted)).toBe(true);
      expect(faultsOf(httpswitch, accepted)).toEqual([]);
    }
    expect(faultsOf(httpswitch, undefined)).toEqual([]);
    for (const refused of [{ on_when: "ON" }, { on: [] }, { off_when: [""] }, { annotations: { a: 1 } }]) {
      expect(accepts(httpswitch, refused)).toBe(false);
    }
  });

  it("refuses a state that would set it to both, warns of one in which it is not active", () => {
    const both = { on_when: ["A", "B"], off_when: ["C", "B"] };
    expect(faultsOf(httpswitch, both)).toEqual([
      {
        path: ["properties", "off_when", 1],
        message: '"B" is in on_when too, so the switch would be on there; remove it from one of the two',
      },
    ]);
    const inactive = { on_when: ["A", "B"], off_when: ["C"], disable_when: ["D"] };
    const warning = (list: string, at: number, state: string) => ({
      path: ["properties", list, at],
      message: `the watcher is not active in "${state}", so that state never sets the switch; add it to state_match, or remove it here`,
      severity: "warning",
    });
    expect(faultsOf(httpswitch, inactive, { stateMatch: ["A"] })).toEqual([
      warning("on_when", 1, "B"),
      warning("off_when", 0, "C"),
    ]);
  });

  it("names the states that must be there, each with its place", () => {
    const written = { on_when: ["A"], off_when: ["B"], disable_when: ["C", "D"] };
    expect(httpswitch.states?.(httpswitch.read(written))).toEqual([
      { name: "A", path: ["properties", "on_when", 0] },
      { name: "B", path: ["properties", "off_when", 0] },
      { name: "C", path: ["properties", "disable_when", 0] },
      { name: "D", path: ["properties", "disable_when", 1] },
    ]);
  });

  it("looks when the state changes, and at no interval", () => {
    expect(httpswitch.policy(httpswitch.read({}), 1_000)).toEqual({
      start: "at-once",
      entry: "at-once",
      intervalMs: undefined,
    });
    expect(httpswitch.initialOutcome).toBe("unknown");
  });
});

describe("httpswitch: presses", () => {
  it("C83: on fires success, off fires fail; both are announced", async () => {
    const played = new PlayedWatcher(httpswitch, properties);
    expect(await played.ask({ on: true })).toEqual({ ...set("on"), fire: "success" });
    expect(await played.ask({ on: true })).toEqual({ ...set("on"), fire: "success" });
    expect(await played.ask({ on: false })).toEqual({ ...set("off"), fire: "fail" });
  });

  it("C83: is refused in a state of disable_when, and stays what it was", async () => {
    const played = new PlayedWatcher(httpswitch, properties, { watcher: "lamp" });
    await played.ask({ on: true });
    played.enter("BROKEN");
    for (const on of [true, false]) {
      await expect(played.ask({ on })).rejects.toMatchObject({
        code: "ILLEGAL_TRANSITION",
        message: "switch lamp of machine deploy is disabled in state BROKEN",
      });
    }
    expect(await played.look("entered")).toEqual({ outcome: "on", detail: detail("on") });
  });

  it.each([
    [{}, "nothing"],
    [{ on: "yes" }, '"yes"'],
    [{ on: null }, "null"],
  ])("%j is no press", async (input, found) => {
    await expect(new PlayedWatcher(httpswitch, properties).ask(input)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: `switch w of machine deploy: "on" is ${found}, expected true or false`,
    });
  });
});

describe("httpswitch: states", () => {
  it("C83: entering a state of on_when or off_when is reported and announced, and fires nothing", async () => {
    const played = new PlayedWatcher(httpswitch, properties);
    expect(await played.look("start")).toEqual({ outcome: "unknown", detail: detail("unknown") });
    played.enter("ON");
    expect(await played.look("entered")).toEqual(set("on"));
    played.enter("B");
    expect(await played.look("entered")).toEqual({ outcome: "on", detail: detail("on") });
    played.enter("OFF");
    expect(await played.look("entered")).toEqual(set("off"));
  });

  it("the state in which the machine starts counts too", async () => {
    const played = new PlayedWatcher(httpswitch, { on_when: ["A"] });
    const annotations = {};
    expect(await played.look("start")).toEqual({ ...set("on"), detail: { ...detail("on"), annotations } });
  });

  it("remembers what it was set to across restarts", async () => {
    const played = new PlayedWatcher(httpswitch, properties);
    await played.ask({ on: false });
    played.restart();
    expect(await played.look("resume")).toEqual({ outcome: "off", detail: detail("off") });
  });
});
