/** Faults of a schedule watcher's properties that its schema cannot tell. Pure, but for the time: what never runs again is a fault. */
import type { PropertyFault } from "../../src/definition/shape.ts";
import { formatDuration } from "../../src/lib/duration.ts";
import { messageOf } from "../../src/lib/errors.ts";
import { checkTimeZone, parseCron } from "./cron.ts";
import { type ScheduleProperties, shortestDurationMs } from "./properties.ts";
import { windowAt } from "./windows.ts";

export function checkSchedule({
  properties,
}: {
  readonly properties: ScheduleProperties;
}): readonly PropertyFault[] {
  const zoneFaults = checkZone(properties.timeZone);
  const timeZone = zoneFaults.length === 0 ? properties.timeZone : undefined;
  const faults = [
    ...zoneFaults,
    ...properties.schedules.flatMap((text, at) => checkExpression(text, timeZone, at)),
    ...checkSplay(properties),
    ...checkRefire(properties),
  ];
  return [...faults, ...checkDuration(properties), ...(faults.length === 0 ? checkGaps(properties) : [])];
}

function checkZone(timeZone: string | undefined): PropertyFault[] {
  if (timeZone === undefined) return [];
  try {
    checkTimeZone(timeZone);
    return [];
  } catch (cause) {
    return [{ path: ["properties", "timezone"], message: messageOf(cause) }];
  }
}

/** Long ago: a schedule names no year, so one that has a moment after this has one every few years. */
const longAgo = Date.UTC(2000, 0);

function checkExpression(text: string, timeZone: string | undefined, at: number): PropertyFault[] {
  const path = ["properties", "schedules", at];
  try {
    if (parseCron(text, timeZone).after(longAgo) !== undefined) return [];
    const message = `${JSON.stringify(text)} never runs: no month has such a day; write a day that there is`;
    return [{ path, message }];
  } catch (cause) {
    return [{ path, message: messageOf(cause) }];
  }
}

function checkDuration({ writtenDurationMs, durationMs }: ScheduleProperties): PropertyFault[] {
  if (writtenDurationMs === undefined || writtenDurationMs >= shortestDurationMs) return [];
  const message = `${formatDuration(writtenDurationMs)} is shorter than the shortest window; it will be ${formatDuration(durationMs)}, write that`;
  return [{ path: ["properties", "duration"], message, severity: "warning" }];
}

/** Every minute, each a minute long: what Choria makes of it is up to chance. */
function checkGaps({ schedules, timeZone, durationMs }: ScheduleProperties): PropertyFault[] {
  const set = {
    schedules: schedules.map((text) => parseCron(text, timeZone)),
    durationMs,
    splayMs: 0,
    seed: "",
  };
  const { isOn, beganAt } = windowAt(set, longAgo);
  if (!isOn || beganAt !== undefined) return [];
  const message = `windows of ${formatDuration(durationMs)} leave no gap between these schedules, so that they are one that never ends; write a shorter duration, or schedules that are further apart`;
  return [{ path: ["properties", "duration"], message, severity: "warning" }];
}

function checkSplay({ splayMs, durationMs }: ScheduleProperties): PropertyFault[] {
  if (splayMs <= durationMs / 2) return [];
  const message = `${formatDuration(splayMs)} is more than half of the duration, ${formatDuration(durationMs)}; write ${formatDuration(durationMs / 2)} or less, or a longer duration`;
  return [{ path: ["properties", "start_splay"], message }];
}

function checkRefire({ refires, contradicts }: ScheduleProperties): PropertyFault[] {
  if (!contradicts) return [];
  const message = `contradicts refire: ${refires}: it is Choria's name for the opposite; remove it`;
  return [{ path: ["properties", "skip_trigger_on_reenter"], message }];
}
