/**
 * The schedule watcher: fires when a window of its schedules begins and when it ends. This file joins the parts in schedule/
 * to the contract; it knows no timers itself.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../src/lib/clock.ts";
import type { Look, Observation, Watcher, WatcherContext, WatcherType } from "../src/watching/watcher.ts";
import { checkSchedule } from "./schedule/check.ts";
import { parseCron } from "./schedule/cron.ts";
import { decide, scheduleOutcomes } from "./schedule/decision.ts";
import { readScheduleProperties, type ScheduleProperties, scheduleSchema } from "./schedule/properties.ts";
import { lastWindowBefore, type ScheduleSet, type WindowState, windowAt } from "./schedule/windows.ts";

/** Timers do not count the time that a host sleeps, so a long one is cut: this long after waking the state is right. */
const longestWaitMs = 30_000;

export const schedule: WatcherType<ScheduleProperties> = {
  type: "schedule",
  schema: scheduleSchema,
  minimumIntervalMs: undefined,
  failsNormally: true,
  initialOutcome: scheduleOutcomes.initial,
  read: readScheduleProperties,
  check: checkSchedule,
  policy: () => ({ start: "at-once", entry: "at-once", intervalMs: undefined }),
  create: (properties, context) => new ScheduleWatcher(properties, context),
};

class ScheduleWatcher implements Watcher {
  readonly #properties: ScheduleProperties;
  readonly #clock: Clock;
  readonly #set: ScheduleSet;
  #known: { readonly from: number; readonly window: WindowState } | undefined;

  constructor(properties: ScheduleProperties, { clock, machine, watcher }: WatcherContext) {
    const { schedules, timeZone, durationMs, splayMs } = properties;
    this.#properties = properties;
    this.#clock = clock;
    this.#set = {
      schedules: schedules.map((text) => parseCron(text, timeZone)),
      durationMs,
      splayMs,
      // Another splay for each record, the same after a restart.
      seed: createHash("sha256").update(`${machine.instance} ${watcher}`).digest("hex"),
    };
  }

  async observe(look: Look): Promise<Observation> {
    const nowMs = this.#clock.now();
    const window = this.#windowAt(nowMs);
    const { refires, catchesUp } = this.#properties;
    const missed = catchesUp ? () => lastWindowBefore(this.#set, nowMs) : undefined;
    const { observation, more } = decide(look, { nowMs, window, refires, missed });
    const untilEdgeMs = (window.nextEdgeAt ?? Number.POSITIVE_INFINITY) - nowMs;
    return {
      ...observation,
      lookAgainInMs: more ? 0 : Math.min(untilEdgeMs, longestWaitMs),
      detail: { state: observation.outcome },
    };
  }

  /** Joined windows may be long to walk: what was found holds until the next edge, unless the clock was set back. */
  #windowAt(nowMs: number): WindowState {
    const known = this.#known;
    const holdsUntil = known?.window.nextEdgeAt ?? Number.POSITIVE_INFINITY;
    if (known !== undefined && known.from <= nowMs && nowMs < holdsUntil) return known.window;
    const window = windowAt(this.#set, nowMs);
    this.#known = { from: nowMs, window };
    return window;
  }
}
