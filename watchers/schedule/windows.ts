/** When a set of schedules is on: pure arithmetic on the wall clock, so that it is right at any moment it is asked for. */
import { createHash } from "node:crypto";
import type { CronTimes } from "./cron.ts";

export interface ScheduleSet {
  readonly schedules: readonly CronTimes[];
  /** From the moment that a schedule names to the end of its window. */
  readonly durationMs: number;
  /** A window opens up to so much later than its schedule says, and ends no later for it. At most half of `durationMs`. */
  readonly splayMs: number;
  /** The same seed draws the same splay for the same window. */
  readonly seed: string;
}

/** All times are ms since 1970. */
export interface WindowState {
  readonly isOn: boolean;
  /** When the window that is on began; undefined when off, or when windows joined on without end for longer than is looked at. */
  readonly beganAt: number | undefined;
  /** Until then nothing changes; undefined when nothing ever does. */
  readonly nextEdgeAt: number | undefined;
}

/** So many windows in a row are joined; more than that, every minute for a day at least, count as one without a beginning. */
const longestChain = 1_500;

interface Window {
  readonly opensAt: number;
  readonly endsAt: number;
}

/** Windows that overlap or touch are one: the time between the first one's opening and the last one's end. */
export function windowAt(set: ScheduleSet, nowMs: number): WindowState {
  const { beganAt, endsAt, pending } = lookBack(set, nowMs);
  if (endsAt !== undefined) return { isOn: true, beganAt, nextEdgeAt: lastEnd(set, nowMs, endsAt, pending) };
  return { isOn: false, beganAt: undefined, nextEdgeAt: firstOpening(set, nowMs, pending) };
}

/** When the last window that is over began; undefined when there was none. To be asked only while nothing is on. */
export function lastWindowBefore(set: ScheduleSet, nowMs: number): number | undefined {
  const { value: startedAt } = startsBefore(set, nowMs - set.durationMs).next();
  if (startedAt === undefined) return undefined;
  return windowAt(set, startedAt + set.durationMs - 1).beganAt;
}

interface Back {
  readonly beganAt: number | undefined;
  /** End of the last window that is open now; undefined when none is. */
  readonly endsAt: number | undefined;
  /** Windows whose moment has come, but which their splay holds back; the earliest first. */
  readonly pending: readonly Window[];
}

function lookBack(set: ScheduleSet, nowMs: number): Back {
  const pending: Window[] = [];
  let beganAt = nowMs;
  let endsAt: number | undefined;
  let count = 0;
  for (const startsAt of startsBefore(set, nowMs)) {
    const window = windowOf(set, startsAt);
    // All windows are equally long, so what starts earlier ends earlier still.
    if (window.endsAt < beganAt || (endsAt === undefined && window.endsAt <= nowMs)) break;
    if (window.opensAt > nowMs) {
      pending.unshift(window);
    } else {
      endsAt ??= window.endsAt;
      beganAt = Math.min(beganAt, window.opensAt);
    }
    count += 1;
    if (count === longestChain) return { beganAt: undefined, endsAt, pending };
  }
  return { beganAt, endsAt, pending };
}

/** The end of the window that ends at `endsAt` at least, joined with what begins before that. */
function lastEnd(set: ScheduleSet, nowMs: number, endsAt: number, pending: readonly Window[]): number {
  let joined = endsAt;
  let count = 0;
  for (const window of following(set, nowMs, pending)) {
    if (window.endsAt - set.durationMs > joined || count === longestChain) break;
    if (window.opensAt <= joined) joined = Math.max(joined, window.endsAt);
    count += 1;
  }
  return joined;
}

function firstOpening(set: ScheduleSet, nowMs: number, pending: readonly Window[]): number | undefined {
  let first: number | undefined;
  for (const { opensAt, endsAt } of following(set, nowMs, pending)) {
    // One that starts after this opening cannot open before it.
    if (first !== undefined && endsAt - set.durationMs >= first) break;
    first = Math.min(first ?? opensAt, opensAt);
  }
  return first;
}

function* following(set: ScheduleSet, nowMs: number, pending: readonly Window[]): Generator<Window> {
  yield* pending;
  for (const startsAt of startsAfter(set, nowMs)) yield windowOf(set, startsAt);
}

/** Of all schedules together, those at or before `atMs`, the latest first. */
function* startsBefore({ schedules }: ScheduleSet, atMs: number): Generator<number, undefined> {
  // The moment itself counts: croner leaves out its reference, and counts in whole milliseconds.
  const heads = schedules.map((times) => times.before(atMs + 1));
  for (;;) {
    const latest = Math.max(...heads.map((head) => head ?? Number.NEGATIVE_INFINITY));
    if (latest === Number.NEGATIVE_INFINITY) return;
    yield latest;
    schedules.forEach((times, at) => {
      if (heads[at] === latest) heads[at] = times.before(latest);
    });
  }
}

/** Of all schedules together, those after `atMs`, the earliest first. */
function* startsAfter({ schedules }: ScheduleSet, atMs: number): Generator<number, undefined> {
  const heads = schedules.map((times) => times.after(atMs));
  for (;;) {
    const earliest = Math.min(...heads.map((head) => head ?? Number.POSITIVE_INFINITY));
    if (earliest === Number.POSITIVE_INFINITY) return;
    yield earliest;
    schedules.forEach((times, at) => {
      if (heads[at] === earliest) heads[at] = times.after(earliest);
    });
  }
}

function windowOf({ durationMs, splayMs, seed }: ScheduleSet, startsAt: number): Window {
  return { opensAt: startsAt + drawn(splayMs, `${seed} ${startsAt}`), endsAt: startsAt + durationMs };
}

/** A whole number in [0, limit], evenly spread, the same for the same text: it needs no remembering. */
function drawn(limit: number, text: string): number {
  if (limit === 0) return 0;
  const fraction = createHash("sha256").update(text).digest().readUIntBE(0, 6) / 2 ** 48;
  return Math.floor(fraction * (limit + 1));
}
