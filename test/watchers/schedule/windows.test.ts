import { describe, expect, it } from "vitest";
import { parseCron } from "../../../watchers/schedule/cron.ts";
import { lastWindowBefore, type ScheduleSet, windowAt } from "../../../watchers/schedule/windows.ts";

const minute = 60_000;
const hour = 60 * minute;

interface Written {
  readonly zone?: string;
  readonly durationMs?: number;
  readonly splayMs?: number;
}

function set(
  schedules: readonly string[],
  { zone = "UTC", durationMs = minute, splayMs = 0 }: Written = {},
): ScheduleSet {
  return { schedules: schedules.map((text) => parseCron(text, zone)), durationMs, splayMs, seed: "s" };
}

/** The windows that begin in [from, to), found by going from edge to edge. */
function windowsIn(
  schedules: ScheduleSet,
  from: string,
  to: string,
): readonly { beganAt: number; endedAt: number }[] {
  const found: { beganAt: number; endedAt: number }[] = [];
  const end = Date.parse(to);
  for (let at: number | undefined = Date.parse(from); at !== undefined && at < end; ) {
    const { isOn, beganAt, nextEdgeAt }: ReturnType<typeof windowAt> = windowAt(schedules, at);
    if (isOn && beganAt !== undefined && nextEdgeAt !== undefined)
      found.push({ beganAt, endedAt: nextEdgeAt });
    expect(nextEdgeAt === undefined || nextEdgeAt > at).toBe(true);
    at = nextEdgeAt;
  }
  return found;
}

function beginnings(schedules: ScheduleSet, from: string, to: string): readonly string[] {
  return windowsIn(schedules, from, to).map(({ beganAt }) =>
    new Date(beganAt).toISOString().replace(":00.000Z", "Z"),
  );
}

const at = (time: string): string => `2026-03-02T${time}:00Z`;

describe("windows of a schedule", () => {
  it("a window is open from its minute to its duration later, to the millisecond", () => {
    const nine = set(["0 9 * * *"], { durationMs: 90_000 });
    const at = Date.parse("2026-03-02T09:00:00Z");
    expect(windowAt(nine, at - 1)).toEqual({ isOn: false, beganAt: undefined, nextEdgeAt: at });
    for (const inside of [at, at + 1, at + 59_999, at + 89_999]) {
      expect(windowAt(nine, inside)).toEqual({ isOn: true, beganAt: at, nextEdgeAt: at + 90_000 });
    }
    expect(windowAt(nine, at + 90_000)).toEqual({
      isOn: false,
      beganAt: undefined,
      nextEdgeAt: at + 24 * hour,
    });
  });

  it("a year of working days has 261 windows, each at nine in Berlin", () => {
    const windows = windowsIn(
      set(["0 9 * * 1-5"], { zone: "Europe/Berlin" }),
      "2025-12-31T23:00:00Z",
      "2026-12-31T23:00:00Z",
    );
    expect(windows).toHaveLength(261);
    const local = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", timeStyle: "medium" });
    expect(new Set(windows.map(({ beganAt }) => local.format(beganAt)))).toEqual(new Set(["09:00:00"]));
    expect(new Set(windows.map(({ beganAt, endedAt }) => endedAt - beganAt))).toEqual(new Set([minute]));
  });

  it("C72: windows that overlap or touch are one", () => {
    const both = set(["0 9 * * *", "30 9 * * *", "0 12 * * *"], { durationMs: hour });
    expect(windowsIn(both, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")).toEqual([
      { beganAt: Date.parse("2026-03-02T09:00:00Z"), endedAt: Date.parse("2026-03-02T10:30:00Z") },
      { beganAt: Date.parse("2026-03-02T12:00:00Z"), endedAt: Date.parse("2026-03-02T13:00:00Z") },
    ]);
    const touching = set(["0 9-11 * * *"], { durationMs: hour });
    expect(windowsIn(touching, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")).toEqual([
      { beganAt: Date.parse("2026-03-02T09:00:00Z"), endedAt: Date.parse("2026-03-02T12:00:00Z") },
    ]);
  });

  it("one that never ends is on, without a beginning, and found without walking for ever", () => {
    const always = set(["* * * * *"], { durationMs: 365 * 24 * hour });
    const now = Date.parse("2026-03-02T09:00:30Z");
    const found = windowAt(always, now);
    expect(found).toMatchObject({ isOn: true, beganAt: undefined });
    expect(found.nextEdgeAt).toBeGreaterThan(now + 24 * hour);
  });

  it("one that never begins has no edge", () => {
    expect(windowAt(set(["0 0 31 2 *"]), 0)).toEqual({
      isOn: false,
      beganAt: undefined,
      nextEdgeAt: undefined,
    });
    expect(lastWindowBefore(set(["0 0 31 2 *"]), 0)).toBeUndefined();
  });

  it("the splay of a window is its own, up to the limit, the same each time, and shortens it", () => {
    const splayed = set(["0 * * * *"], { durationMs: 10 * minute, splayMs: 5 * minute });
    const windows = windowsIn(splayed, "2026-03-02T00:00:00Z", "2026-03-06T00:00:00Z");
    expect(windows).toHaveLength(96);
    const late = windows.map(({ beganAt }) => beganAt % hour);
    expect(Math.min(...late)).toBeLessThan(minute);
    expect(Math.max(...late)).toBeGreaterThan(4 * minute);
    expect(late.every((ms) => ms >= 0 && ms <= 5 * minute)).toBe(true);
    expect(windows.every(({ endedAt }) => endedAt % hour === 10 * minute)).toBe(true);
    for (const { beganAt, endedAt } of windows) {
      expect(windowAt(splayed, beganAt - 1).nextEdgeAt).toBe(beganAt);
      expect(windowAt(splayed, endedAt - 1).beganAt).toBe(beganAt);
    }
    const other = windowsIn({ ...splayed, seed: "t" }, "2026-03-02T00:00:00Z", "2026-03-06T00:00:00Z");
    expect(other.map(({ beganAt }) => beganAt % hour)).not.toEqual(late);
  });

  it("is the same whether it is asked every few seconds or from edge to edge, splayed and overlapping", () => {
    const mixed = set(["*/7 * * * *", "3,4 * * * *"], { durationMs: 4 * minute, splayMs: 2 * minute });
    const windows = windowsIn(mixed, "2026-03-02T00:00:00Z", "2026-03-02T06:00:00Z");
    expect(windows.length).toBeGreaterThan(30);
    for (let at = Date.parse("2026-03-02T00:10:00Z"); at < Date.parse("2026-03-02T04:00:00Z"); at += 11_000) {
      const inside = windows.find(({ beganAt, endedAt }) => beganAt <= at && at < endedAt);
      expect(windowAt(mixed, at).beganAt).toBe(inside?.beganAt);
    }
  });

  it("is at each moment, of four schedules, what the windows of each come to", () => {
    const [from, to] = [at("00:00"), at("06:00")];
    const options = { durationMs: 4 * minute, splayMs: 2 * minute };
    const texts = ["0-59/10 * * * *", "1-59/10 * * * *", "3-59/10 * * * *", "4-59/10 * * * *"];
    const each = texts.flatMap((text) => [...windowsIn(set([text], options), from, to)]);
    const joined: { beganAt: number; endedAt: number }[] = [];
    for (const window of each.sort((one, other) => one.beganAt - other.beganAt)) {
      const last = joined.at(-1);
      if (last && window.beganAt <= last.endedAt) last.endedAt = Math.max(last.endedAt, window.endedAt);
      else joined.push({ ...window });
    }
    const all = set(texts, options);
    expect(windowsIn(all, from, to)).toEqual(joined);
    for (let now = Date.parse(from); now < (joined.at(-1)?.beganAt ?? 0); now += 10_000) {
      const next = joined.find(({ endedAt }) => now < endedAt);
      const isOn = next !== undefined && next.beganAt <= now;
      expect(windowAt(all, now)).toEqual({
        isOn,
        beganAt: isOn ? next.beganAt : undefined,
        nextEdgeAt: isOn ? next.endedAt : next?.beganAt,
      });
    }
  });

  it("a splay may be as long as its limit", () => {
    const windows = windowsIn(
      set(["* * * * *"], { durationMs: 1_000, splayMs: 1 }),
      at("00:00"),
      at("00:30"),
    );
    expect(new Set(windows.map(({ beganAt }) => beganAt % minute))).toEqual(new Set([0, 1]));
  });

  it("the last window that is over is not the one that its splay still holds back", () => {
    const splayed = set(["0 * * * *"], { durationMs: 10 * minute, splayMs: 5 * minute });
    const [first, second] = windowsIn(splayed, at("01:00"), at("03:00"));
    expect((second?.beganAt ?? 0) % hour).toBeGreaterThan(0);
    expect(lastWindowBefore(splayed, (second?.beganAt ?? 0) - 1)).toBe(first?.beganAt);
  });

  it("the last window that is over is found from any moment without one", () => {
    const two = set(["0 9 * * *", "30 9 * * *"], { durationMs: hour });
    const nine = Date.parse("2026-03-02T09:00:00Z");
    expect(lastWindowBefore(two, nine + 1.5 * hour)).toBe(nine);
    expect(lastWindowBefore(two, nine + 24 * hour - 1)).toBe(nine);
  });

  it("month ends and leap years", () => {
    expect(beginnings(set(["0 0 31 * *"]), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")).toEqual(
      ["01", "03", "05", "07", "08", "10", "12"].map((month) => `2026-${month}-31T00:00Z`),
    );
    expect(beginnings(set(["0 0 29 2 *"]), "2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z")).toEqual([
      "2028-02-29T00:00Z",
      "2032-02-29T00:00Z",
    ]);
    expect(beginnings(set(["30 23 L * *"]), "2028-01-01T00:00:00Z", "2028-04-01T00:00:00Z")).toEqual([
      "2028-01-31T23:30Z",
      "2028-02-29T23:30Z",
      "2028-03-31T23:30Z",
    ]);
    expect(
      beginnings(
        set(["59 23 31 12 *"], { durationMs: 2 * minute }),
        "2026-01-01T00:01:00Z",
        "2028-01-01T00:00:00Z",
      ),
    ).toEqual(["2026-12-31T23:59Z", "2027-12-31T23:59Z"]);
  });

  it.each([
    // The gap: 02:00 to 03:00 is not there. What has one time of day comes at the end of the gap, what repeats leaves it out.
    ["Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]],
    ["America/New_York", "30 2 * * *", "2026-03-07T12:00:00Z", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"]],
    [
      "Europe/Berlin",
      "30 2,14 * * *",
      "2026-03-28T15:00:00Z",
      ["2026-03-29T01:00Z", "2026-03-29T12:30Z", "2026-03-30T00:30Z", "2026-03-30T12:30Z"],
    ],
    // The hour that is there twice.
    ["Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]],
    ["America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]],
  ] as const)(
    "in %s, %s has each of its windows once a day when the clock is set, from %s on",
    (zone, text, from, expected) => {
      const to = new Date(Date.parse(from) + 48 * hour).toISOString();
      expect(beginnings(set([text], { zone }), from, to)).toEqual(expected);
    },
  );

  it.each([
    ["Europe/Berlin", "2026-03-28T23:00:00Z", 23],
    ["Europe/Berlin", "2026-10-24T22:00:00Z", 25],
    ["America/New_York", "2026-03-08T05:00:00Z", 23],
    ["America/New_York", "2026-11-01T04:00:00Z", 25],
  ] as const)("in %s, the day from %s has %i windows of an hourly schedule", (zone, from, count) => {
    const to = new Date(Date.parse(from) + count * hour).toISOString();
    const found = windowsIn(set(["15 * * * *"], { zone }), from, to);
    expect(found.map(({ beganAt }) => beganAt)).toEqual(
      Array.from({ length: count }, (_, at) => Date.parse(from) + at * hour + 15 * minute),
    );
  });

  it("a window over the change is as long as any", () => {
    const night = set(["0 1 * * *"], { zone: "Europe/Berlin", durationMs: 4 * hour });
    for (const { beganAt, endedAt } of windowsIn(night, "2026-03-27T12:00:00Z", "2026-03-31T12:00:00Z")) {
      expect(endedAt - beganAt).toBe(4 * hour);
    }
  });
});
