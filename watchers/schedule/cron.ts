/** Cron expressions: which moments they name. The only file that knows croner, and of it only the arithmetic: no timers. */
import { Cron } from "croner";
import { MachinistError, messageOf } from "../../src/lib/errors.ts";

/** The moments that one cron expression names, in whole minutes of its time zone. All times are ms since 1970. */
export interface CronTimes {
  /** The last one before `atMs`; undefined when there is none. */
  before(atMs: number): number | undefined;
  /** The first one after `atMs`; undefined when there is none. */
  after(atMs: number): number | undefined;
}

const howTo =
  'write five fields, minute hour day month weekday, for example "0 9 * * 1-5", or @hourly, @daily, @weekly, @monthly, @yearly';

/** Fields as cron has them, or a nickname; before them a time zone, as Choria's parser takes it. */
const form = /^(?:(?:CRON_)?TZ=(?<zone>\S+)\s+)?(?<pattern>@\S+|\S+(?:\s+\S+){4})$/;

/**
 * Reads five fields with names, lists, ranges and steps, or `@daily` and the like. When the clock is set, times of day (without
 * `*` or a step in minute and hour) stay one a day each: one that the clock skips counts as the moment after the gap, one that
 * it shows twice counts the first time. What repeats (`*` or a step) goes on by the clock on the wall.
 * @param timeZone IANA name; undefined = the host's. `TZ=NAME` before the fields goes before it
 * @throws INVALID_ARGUMENT saying what is wrong with the expression or the time zone
 */
export function parseCron(text: string, timeZone: string | undefined): CronTimes {
  const groups = form.exec(text.trim())?.groups;
  if (groups?.["pattern"] === undefined) throw refusal(text, "it has not five fields");
  const zone = groups["zone"] ?? timeZone;
  if (zone !== undefined) checkTimeZone(zone);
  const cron = readPattern(groups["pattern"], zone, text);
  return {
    before: (atMs) => cron.previousRuns(1, new Date(atMs))[0]?.getTime(),
    after: (atMs) => cron.nextRun(new Date(atMs))?.getTime(),
  };
}

/** @throws INVALID_ARGUMENT when the host knows no such time zone */
export function checkTimeZone(name: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch (cause) {
    const message = `${JSON.stringify(name)} is no time zone; write an IANA name, for example "Europe/Berlin" or "UTC"`;
    throw new MachinistError("INVALID_ARGUMENT", message, { cause });
  }
}

function readPattern(pattern: string, timezone: string | undefined, text: string): Cron {
  try {
    // Sloppy ranges are Choria's `5/15`: from minute 5 on, every 15.
    const options = {
      mode: "5-part",
      sloppyRanges: true,
      fixedTimeRule: "no-wildcard",
      paused: true,
    } as const;
    return new Cron(pattern, timezone === undefined ? options : { ...options, timezone });
  } catch (cause) {
    throw refusal(text, messageOf(cause).replace(/^Cron\w+: /, ""), cause);
  }
}

function refusal(text: string, reason: string, cause?: unknown): MachinistError {
  const message = `${JSON.stringify(text)} is no schedule: ${reason.replace(/[.]$/, "")}; ${howTo}`;
  return new MachinistError("INVALID_ARGUMENT", message, { cause });
}
