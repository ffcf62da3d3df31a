import { describe, expect, it } from "vitest";
import type { Observation } from "../../src/watching/watcher.ts";
import { schedule } from "../../watchers/schedule.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { accepts, faultsOf, PlayedWatcher } from "./harness.ts";

const minute = 60_000;
const hour = 60 * minute;
const daily = { schedules: ["0 9 * * *"], duration: "1h", timezone: "UTC" };

function played(properties: object, at: string): PlayedWatcher {
  return new PlayedWatcher(schedule, properties, { clock: new SimulatedClock(Date.parse(at)) });
}

/** What an observation tells the world, in short. */
function told({ outcome, fire, announce }: Observation): string {
  return `${outcome}${fire === undefined ? "" : ` ${JSON.stringify(fire)}`}${announce ? " announced" : ""}`;
}

const on = 'on "success" announced';
const off = 'off "fail" announced';

/** Looks as often as the watcher asks for, for so long. @returns what was told, with its time */
async function run(watcher: PlayedWatcher, durationMs: number): Promise<readonly string[]> {
  const end = watcher.clock.now() + durationMs;
  const happened: string[] = [];
  for (;;) {
    const observation = await watcher.look("due");
    if (observation.fire !== undefined) {
      happened.push(`${new Date(watcher.clock.now()).toISOString()} ${told(observation)}`);
    }
    const next = watcher.clock.now() + (observation.lookAgainInMs ?? Number.NaN);
    if (!(next <= end)) break;
    watcher.clock.leap(next - watcher.clock.now());
  }
  watcher.clock.leap(end - watcher.clock.now());
  return happened;
}

describe("schedule: properties", () => {
  it("accepts the documented examples", () => {
    for (const properties of [
      daily,
      { schedules: ["@daily", "*/5 8-17 * JAN,JUL MON-FRI"] },
      { schedules: ["5/15 * * * *"], duration: "10m", start_splay: "5m", skip_trigger_on_reenter: true },
      { schedules: ["CRON_TZ=Asia/Tokyo 0 9 * * *"], catch_up: true },
    ]) {
      expect(accepts(schedule, properties), JSON.stringify(properties)).toBe(true);
      expect(faultsOf(schedule, properties)).toEqual([]);
    }
  });

  it("C72: no schedules, and a start_splay of more than half the duration, are refused", () => {
    expect(accepts(schedule, {})).toBe(false);
    expect(accepts(schedule, { schedules: [] })).toBe(false);
    const half = { schedules: ["@daily"], duration: "10m", start_splay: "5m" };
    expect(faultsOf(schedule, half)).toEqual([]);
    expect(faultsOf(schedule, { ...half, start_splay: "5m1s" })).toEqual([
      {
        path: ["properties", "start_splay"],
        message: "5m1s is more than half of the duration, 10m; write 5m or less, or a longer duration",
      },
    ]);
  });

  it("refuses refire and skip_trigger_on_reenter that contradict each other, and takes them when they agree", () => {
    const faults = (refire: boolean, skip_trigger_on_reenter: boolean) =>
      faultsOf(schedule, { schedules: ["@daily"], refire, skip_trigger_on_reenter });
    for (const both of [true, false]) {
      expect(faults(both, !both)).toEqual([]);
      expect(faults(both, both)).toEqual([
        {
          path: ["properties", "skip_trigger_on_reenter"],
          message: `contradicts refire: ${both}: it is Choria's name for the opposite; remove it`,
        },
      ]);
    }
  });

  it("C72: start_splay is measured by the default duration when none is given", () => {
    expect(faultsOf(schedule, { schedules: ["@daily"], start_splay: "30s" })).toEqual([]);
    expect(faultsOf(schedule, { schedules: ["@daily"], start_splay: "31s" })).toHaveLength(1);
  });

  it.each([
    ["61 * * * *", "Invalid value for minute: 61"],
    ["* * * * * *", "it has not five fields"],
    ["@every 5m", "it has not five fields"],
    ["2026-01-01T00:00:00", "it has not five fields"],
    ["soon", "it has not five fields"],
    ["5-1 * * * *", "From value is larger than to value: '5-1'"],
    [
      "@reboot",
      "@reboot is not supported in this environment. This is an event-based trigger that requires system startup detection",
    ],
  ])("refuses the schedule %s", (text, reason) => {
    expect(faultsOf(schedule, { schedules: ["@daily", text] })).toEqual([
      {
        path: ["properties", "schedules", 1],
        message: `"${text}" is no schedule: ${reason}; write five fields, minute hour day month weekday, for example "0 9 * * 1-5", or @hourly, @daily, @weekly, @monthly, @yearly`,
      },
    ]);
  });

  it("refuses what never runs, and takes what runs once in four years", () => {
    expect(faultsOf(schedule, { schedules: ["0 0 31 2 *"] })).toEqual([
      {
        path: ["properties", "schedules", 0],
        message: '"0 0 31 2 *" never runs: no month has such a day; write a day that there is',
      },
    ]);
    expect(faultsOf(schedule, { schedules: ["0 0 29 2 *"] })).toEqual([]);
  });

  it("refuses a time zone that is none, in its property and before the fields", () => {
    const message = '"Berlin" is no time zone; write an IANA name, for example "Europe/Berlin" or "UTC"';
    expect(faultsOf(schedule, { schedules: ["@daily"], timezone: "Berlin" })).toEqual([
      { path: ["properties", "timezone"], message },
    ]);
    expect(faultsOf(schedule, { schedules: ["TZ=Berlin 0 9 * * *"] })).toEqual([
      { path: ["properties", "schedules", 0], message },
    ]);
  });

  it("a duration below 1s becomes 1m with a warning; left out it is 1m without one, and works", async () => {
    expect(faultsOf(schedule, { schedules: ["@daily"], duration: "500ms" })).toEqual([
      {
        path: ["properties", "duration"],
        message: "500ms is shorter than the shortest window; it will be 1m, write that",
        severity: "warning",
      },
    ]);
    expect(faultsOf(schedule, { schedules: ["@daily"] })).toEqual([]);
    const watcher = played({ schedules: ["0 9 * * *"], timezone: "UTC" }, "2026-03-02T08:59:00Z");
    expect(await run(watcher, 5 * minute)).toEqual([
      `2026-03-02T09:00:00.000Z ${on}`,
      `2026-03-02T09:01:00.000Z ${off}`,
    ]);
  });

  it("warns of windows without a gap between them", () => {
    const message =
      "windows of 1m leave no gap between these schedules, so that they are one that never ends; write a shorter duration, or schedules that are further apart";
    expect(faultsOf(schedule, { schedules: ["* * * * *"] })).toEqual([
      { path: ["properties", "duration"], message, severity: "warning" },
    ]);
    for (const properties of [
      { schedules: ["* * * * *"], duration: "59s" },
      { schedules: ["* 0 * * *"], timezone: "UTC" },
    ]) {
      expect(faultsOf(schedule, properties)).toEqual([]);
    }
  });

  it("is in the time zone it names, or else the host's", async () => {
    const tokyo = played({ schedules: ["TZ=Asia/Tokyo 0 9 * * *"], timezone: "UTC" }, "2026-03-01T23:59:00Z");
    expect(await run(tokyo, 90_000)).toEqual([`2026-03-02T00:00:00.000Z ${on}`]);
    const localNine = new Date(2026, 2, 2, 9).getTime();
    const clock = new SimulatedClock(localNine - minute);
    const local = new PlayedWatcher(schedule, { schedules: ["0 9 * * *"] }, { clock });
    expect(await run(local, 90_000)).toEqual([`${new Date(localNine).toISOString()} ${on}`]);
  });

  it("looks when it becomes active, whatever the interval", () => {
    expect(schedule.policy(schedule.read(daily), 500)).toEqual({
      start: "at-once",
      entry: "at-once",
      intervalMs: undefined,
    });
    expect(schedule.initialOutcome).toBe("unknown");
  });
});

describe("schedule: edges", () => {
  it("C72: success and announcement at the on edge, fail and announcement at the off edge, never early", async () => {
    const watcher = played(daily, "2026-03-02T08:59:00Z");
    expect(await watcher.look("start")).toEqual({
      outcome: "off",
      cursor: { state: "off", upTo: Date.parse("2026-03-02T08:59:00Z"), visit: 0 },
      lookAgainInMs: 30_000,
      detail: { state: "off" },
    });
    watcher.clock.leap(59_999);
    expect(await watcher.look("due")).toMatchObject({ outcome: "off", lookAgainInMs: 1 });
    watcher.clock.leap(1);
    const beganAt = Date.parse("2026-03-02T09:00:00Z");
    expect(await watcher.look("due")).toEqual({
      outcome: "on",
      fire: "success",
      announce: true,
      cursor: { state: "on", upTo: beganAt, visit: 0, firedFor: beganAt },
      lookAgainInMs: 30_000,
      detail: { state: "on" },
    });
    watcher.clock.leap(hour - 1);
    expect(told(await watcher.look("due"))).toBe("on");
    watcher.clock.leap(1);
    expect(told(await watcher.look("due"))).toBe(off);
    expect(told(await watcher.look("due"))).toBe("off");
  });

  it("a year of working days fires 261 times each way, also across daylight saving", async () => {
    const properties = { schedules: ["0 9 * * 1-5"], timezone: "America/New_York" };
    const watcher = played(properties, "2026-01-01T05:00:00Z");
    const fired = { success: 0, fail: 0 };
    await watcher.look("start");
    // Only around nine: nothing else can happen in between, and a whole year of looks would take long.
    for (let day = 0; day < 365; day++) {
      for (const atMs of [12.5 * hour, 13 * hour, 13 * hour + minute, 14 * hour, 14 * hour + minute]) {
        const midnight = Date.UTC(2026, 0, 1 + day);
        watcher.clock.leap(midnight + atMs - watcher.clock.now());
        const { fire } = await watcher.look("due");
        if (fire === "success" || fire === "fail") fired[fire] += 1;
      }
    }
    expect(fired).toEqual({ success: 261, fail: 261 });
  });

  it("C72: overlapping windows extend each other", async () => {
    const properties = { schedules: ["0 9 * * *", "30 9 * * *"], duration: "45m", timezone: "UTC" };
    const watcher = played(properties, "2026-03-02T08:59:00Z");
    expect(await run(watcher, 3 * hour)).toEqual([
      `2026-03-02T09:00:00.000Z ${on}`,
      `2026-03-02T10:15:00.000Z ${off}`,
    ]);
  });

  it("start_splay opens later, ends no later, and is the same after a restart", async () => {
    const watcher = played({ ...daily, start_splay: "30m" }, "2026-03-02T08:59:00Z");
    const [first, last] = await run(watcher, 2 * hour);
    expect(first?.slice(0, 24) ?? "").toMatch(/^2026-03-02T09:[0-2]\d:\d\d[.]\d{3}Z$/);
    expect(last).toBe(`2026-03-02T10:00:00.000Z ${off}`);
    const again = played({ ...daily, start_splay: "30m" }, "2026-03-02T08:59:00Z");
    expect((await run(again, hour))[0]).toBe(first);
    again.restart();
    expect(told(await again.look("resume"))).toBe("on");
  });
});

describe("schedule: becoming active", () => {
  it("outside a window fires fail once; the start of a new machine fires nothing", async () => {
    const watcher = played(daily, "2026-03-02T12:00:00Z");
    expect(told(await watcher.look("start"))).toBe("off");
    watcher.enter("B");
    watcher.enter("A");
    expect(told(await watcher.look("entered"))).toBe(off);
    expect(told(await watcher.look("due"))).toBe("off");
  });

  it("for the first time, outside a window, fires fail", async () => {
    expect(told(await played(daily, "2026-03-02T12:00:00Z").look("entered"))).toBe(off);
  });

  it.each([{}, { refire: false }, { skip_trigger_on_reenter: true }])(
    "C74: with %j, success fires and is announced once for each window, however often the machine comes back",
    async (properties) => {
      const watcher = played({ ...daily, ...properties }, "2026-03-02T09:10:00Z");
      expect(told(await watcher.look("start"))).toBe(on);
      for (let times = 0; times < 5; times++) {
        watcher.enter("B");
        watcher.enter("A");
        expect(told(await watcher.look("entered"))).toBe("on");
        watcher.clock.leap(minute);
        expect(told(await watcher.look("due"))).toBe("on");
      }
      watcher.clock.leap(45 * minute);
      expect(told(await watcher.look("due"))).toBe(off);
      watcher.clock.leap(23 * hour);
      expect(told(await watcher.look("due"))).toBe(on);
    },
  );

  it.each([{ refire: true }, { skip_trigger_on_reenter: false }])(
    "with %j, success fires each time that the machine comes back within a window",
    async (properties) => {
      const watcher = played({ ...daily, ...properties }, "2026-03-02T09:10:00Z");
      expect(told(await watcher.look("start"))).toBe(on);
      for (let times = 0; times < 2; times++) {
        watcher.enter("B");
        watcher.enter("A");
        expect(told(await watcher.look("entered"))).toBe(on);
        expect(told(await watcher.look("due"))).toBe("on");
      }
    },
  );

  it("C74: fires once for a window that began while the machine was in another state", async () => {
    const watcher = played(daily, "2026-03-02T08:30:00Z");
    await watcher.look("start");
    watcher.enter("B");
    watcher.clock.leap(40 * minute);
    for (const expected of [on, "on", "on"]) {
      watcher.enter("A");
      expect(told(await watcher.look("entered"))).toBe(expected);
      watcher.enter("B");
    }
  });

  it("C74: fires once for windows of several schedules that overlap, and once for the next ones", async () => {
    const properties = { schedules: ["0 9 * * *", "30 9 * * *"], duration: "45m", timezone: "UTC" };
    const watcher = played(properties, "2026-03-02T08:59:00Z");
    await watcher.look("start");
    const fired: string[] = [];
    for (let minutes = 0; minutes < 26 * 60; minutes++) {
      watcher.clock.leap(minute);
      watcher.enter("B");
      watcher.enter("A");
      const { fire } = await watcher.look("entered");
      if (fire === "success") fired.push(new Date(watcher.clock.now()).toISOString());
    }
    expect(fired).toEqual(["2026-03-02T09:00:00.000Z", "2026-03-03T09:00:00.000Z"]);
  });

  it.each([
    ["2026-03-28T12:00:00Z", ["2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"]],
    ["2026-10-24T12:00:00Z", ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"]],
  ])(
    "C74: fires once a night while clocks are set, from %s on, for a machine that keeps coming back",
    async (from, nights) => {
      const watcher = played({ schedules: ["30 2 * * *"], duration: "2h", timezone: "Europe/Berlin" }, from);
      await watcher.look("start");
      const fired: string[] = [];
      for (let minutes = 0; minutes < 48 * 60; minutes += 10) {
        watcher.clock.leap(10 * minute);
        watcher.enter("B");
        watcher.enter("A");
        watcher.restart();
        const { fire } = await watcher.look("entered");
        if (fire === "success") fired.push(new Date(watcher.clock.now()).toISOString());
      }
      expect(fired).toEqual(nights);
    },
  );

  it("moving between two active states fires nothing", async () => {
    const watcher = played(daily, "2026-03-02T09:10:00Z");
    await watcher.look("start");
    for (const state of ["B", "C", "D"]) {
      watcher.enter(state);
      watcher.arrived = false;
      expect(told(await watcher.look("entered"))).toBe("on");
    }
  });

  it("becoming active because of another machine counts too", async () => {
    const watcher = played(daily, "2026-03-02T09:10:00Z");
    await watcher.look("start");
    watcher.clock.leap(hour);
    watcher.arrived = true;
    expect(told(await watcher.look("entered"))).toBe(off);
  });

  it("C74: fires for the next window also when the end of the last one was not seen", async () => {
    const watcher = played(daily, "2026-03-02T09:10:00Z");
    await watcher.look("start");
    watcher.enter("B");
    watcher.clock.leap(24 * hour);
    watcher.enter("A");
    expect(told(await watcher.look("entered"))).toBe(on);
    expect(told(await watcher.look("due"))).toBe("on");
    watcher.clock.leap(hour);
    expect(told(await watcher.look("due"))).toBe(off);
  });

  it("C74: becoming active in a window after the end of the last one was seen fires", async () => {
    const watcher = played(daily, "2026-03-02T09:10:00Z");
    await watcher.look("start");
    watcher.clock.leap(hour);
    expect(told(await watcher.look("due"))).toBe(off);
    watcher.enter("B");
    watcher.clock.leap(23 * hour);
    watcher.enter("A");
    expect(told(await watcher.look("entered"))).toBe(on);
  });

  it("C74: becoming active between two windows is an off edge", async () => {
    const watcher = played(daily, "2026-03-02T09:10:00Z");
    await watcher.look("start");
    watcher.enter("B");
    watcher.clock.leap(3 * hour);
    watcher.enter("A");
    expect(told(await watcher.look("entered"))).toBe(off);
    watcher.clock.leap(21 * hour);
    expect(told(await watcher.look("due"))).toBe(on);
  });
});

describe("schedule: restart and sleep", () => {
  it("a restart within a window that was told fires nothing; one that was not told fires success", async () => {
    const watcher = played(daily, "2026-03-02T08:50:00Z");
    await watcher.look("start");
    watcher.restart();
    watcher.clock.leap(15 * minute);
    expect(told(await watcher.look("resume"))).toBe(on);
    watcher.restart();
    watcher.clock.leap(15 * minute);
    expect(told(await watcher.look("resume"))).toBe("on");
    watcher.restart();
    watcher.clock.leap(hour);
    expect(told(await watcher.look("resume"))).toBe(off);
  });

  it("fires again when what it told was not committed", async () => {
    const watcher = played(daily, "2026-03-02T09:10:00Z");
    expect(told(await watcher.peek("start"))).toBe(on);
    watcher.restart();
    expect(told(await watcher.look("resume"))).toBe(on);
  });

  it("a window that passed while the host slept is not fired late", async () => {
    const watcher = played(daily, "2026-03-02T08:50:00Z");
    await watcher.look("start");
    watcher.clock.leap(3 * hour);
    expect(told(await watcher.look("due"))).toBe("off");
  });

  it("waking within the next window tells the end of the last one first", async () => {
    const watcher = played(daily, "2026-03-02T09:10:00Z");
    await watcher.look("start");
    watcher.clock.leap(48 * hour);
    expect((await watcher.lookOn("due")).map(told)).toEqual([off, on]);
  });

  it("asks for a look in 30 s at most, so that a host that wakes is noticed", async () => {
    const watcher = played({ schedules: ["0 0 29 2 *"] }, "2026-03-02T09:10:00Z");
    expect((await watcher.look("start")).lookAgainInMs).toBe(30_000);
  });

  it("catch_up: the last missed window is fired late, once, on and then off", async () => {
    const watcher = played({ ...daily, catch_up: true }, "2026-03-02T08:50:00Z");
    await watcher.look("start");
    watcher.clock.leap(3 * 24 * hour + 3 * hour);
    expect((await watcher.lookOn("due")).map(told)).toEqual([on, off, "off"]);
    expect((await watcher.lookOn("due")).map(told)).toEqual(["off"]);
    watcher.restart();
    watcher.clock.leap(24 * hour);
    expect((await watcher.lookOn("resume")).map(told)).toEqual([on, off, "off"]);
  });

  it("catch_up: the end of the window that was told comes first; what passed before the machine was is nothing", async () => {
    const watcher = played({ ...daily, catch_up: true }, "2026-03-02T09:10:00Z");
    expect((await watcher.lookOn("start")).map(told)).toEqual([on]);
    watcher.clock.leap(26 * hour);
    expect((await watcher.lookOn("due")).map(told)).toEqual([off, on, off, "off"]);
    const young = played({ ...daily, catch_up: true }, "2026-03-02T12:00:00Z");
    expect((await young.lookOn("start")).map(told)).toEqual(["off"]);
  });

  it("catch_up: windows that passed while the watcher was inactive are not missed", async () => {
    const watcher = played({ ...daily, catch_up: true }, "2026-03-02T08:50:00Z");
    await watcher.look("start");
    watcher.enter("B");
    watcher.clock.leap(3 * hour);
    watcher.enter("A");
    expect((await watcher.lookOn("entered")).map(told)).toEqual([off]);
    expect((await watcher.lookOn("due")).map(told)).toEqual(["off"]);
  });
});

describe("schedule: when time or the process jumps", () => {
  it("a clock that was set back to long before the window is believed", async () => {
    const watcher = played(daily, "2026-03-02T09:30:00Z");
    expect(told(await watcher.look("start"))).toBe(on);
    watcher.clock.leap(-3.5 * hour);
    expect(told(await watcher.look("due"))).toBe(off);
  });

  it("a clock that was set back to shortly before the window does not begin it again", async () => {
    const watcher = played(daily, "2026-03-02T09:00:00Z");
    expect(told(await watcher.look("start"))).toBe(on);
    watcher.clock.leap(-100);
    expect(told(await watcher.look("due"))).toBe("on");
    watcher.enter("B");
    watcher.enter("A");
    expect(told(await watcher.look("entered"))).toBe("on");
    expect(await run(watcher, 2 * hour)).toEqual([`2026-03-02T10:00:00.000Z ${off}`]);
  });

  it.each([-30 * minute, -90 * minute])(
    "a clock that is set back by %i ms after the window does not begin it again",
    async (back) => {
      const watcher = played(daily, "2026-03-02T09:30:00Z");
      await watcher.look("start");
      watcher.clock.leap(45 * minute);
      expect(told(await watcher.look("due"))).toBe(off);
      watcher.clock.leap(back);
      expect(await run(watcher, 3 * hour)).toEqual([]);
    },
  );

  it("a crash between entering another of its states and the look there is no new activation", async () => {
    const watcher = played(daily, "2026-03-02T09:30:00Z");
    expect(told(await watcher.look("start"))).toBe(on);
    watcher.enter("B");
    watcher.arrived = false;
    watcher.restart();
    expect(told(await watcher.look("resume"))).toBe("on");
  });

  it("a crash between coming back and the look there is an activation", async () => {
    const watcher = played({ ...daily, refire: true }, "2026-03-02T09:30:00Z");
    expect(told(await watcher.look("start"))).toBe(on);
    watcher.enter("elsewhere");
    watcher.enter("B");
    watcher.arrived = false;
    watcher.restart();
    expect(told(await watcher.look("resume"))).toBe(on);
  });

  it("C74: a window without a known beginning is fired for once", async () => {
    const watcher = played({ schedules: ["* * * * *"], duration: "1h" }, "2026-03-02T09:30:00Z");
    expect(told(await watcher.look("start"))).toBe(on);
    watcher.enter("B");
    watcher.clock.leap(minute);
    watcher.enter("A");
    expect(told(await watcher.look("entered"))).toBe("on");
    expect(told(await watcher.look("due"))).toBe("on");
  });

  it("C74: a cursor of an earlier version counts: its window is not fired for again", async () => {
    const watcher = played(daily, "2026-03-02T09:30:00Z");
    watcher.kept.cursor = { state: "on", upTo: Date.parse("2026-03-02T09:00:00Z"), visit: 0 };
    expect(told(await watcher.look("entered"))).toBe("on");
    watcher.clock.leap(24 * hour);
    expect((await watcher.lookOn("due")).map(told)).toEqual([off, on]);
  });
});
