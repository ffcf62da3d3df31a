/** The properties of a schedule watcher: as they are written, and as the code has them. */
import { type Static, Type } from "typebox";
import { durationSchema } from "../../src/definition/shape.ts";
import { parseDuration } from "../../src/lib/duration.ts";

const defaultDurationMs = 60_000;
export const shortestDurationMs = 1_000;

/** Closed. What each key says is what editors show. */
export const scheduleSchema = Type.Object(
  {
    schedules: Type.Array(
      Type.String({
        minLength: 1,
        description:
          "When a window begins: minute, hour, day of month, month, day of week, or @hourly, @daily, @weekly, @monthly, @yearly.",
        examples: ["0 9 * * 1-5", "*/15 22-23 * JAN,JUL *", "@daily"],
      }),
      {
        minItems: 1,
        description: "Cron expressions. Windows that overlap or touch are one, however many begin in it.",
      },
    ),
    duration: Type.Optional(
      durationSchema({
        description: "How long a window is open. At least 1s; less means 1m, as in Choria.",
        default: "1m",
      }),
    ),
    start_splay: Type.Optional(
      durationSchema({
        description:
          "Each window opens later by a random time up to this, drawn for each window, and ends no later. At most half of `duration`.",
        default: "0",
      }),
    ),
    refire: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Fire success_transition again each time the watcher becomes active again within a window, as Choria does. Default: once for each window.",
      }),
    ),
    skip_trigger_on_reenter: Type.Optional(
      Type.Boolean({ description: "Choria's name for the opposite of `refire`." }),
    ),
    timezone: Type.Optional(
      Type.String({
        minLength: 1,
        description: "IANA name of the time zone that the schedules are in. Left out: the host's.",
        examples: ["Europe/Berlin", "UTC"],
      }),
    ),
    catch_up: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "When windows passed while the host slept or the daemon was down: fire success_transition and then fail_transition for the last of them.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Fires success_transition once for each window: when it begins, or when the watcher becomes active within it. Fires fail_transition when a window ends, and when the watcher becomes active outside a window.",
    examples: [{ schedules: ["0 9 * * 1-5"], duration: "8h" }],
  },
);

export interface ScheduleProperties {
  /** Cron expressions, as written. */
  readonly schedules: readonly string[];
  readonly durationMs: number;
  /** As written, before the minimum; undefined when it is not. */
  readonly writtenDurationMs: number | undefined;
  readonly splayMs: number;
  /** Whether success is fired again when the watcher becomes active again within a window. */
  readonly refires: boolean;
  /** `refire` and `skip_trigger_on_reenter` say the same thing twice, and not the same. */
  readonly contradicts: boolean;
  /** undefined = the host's. */
  readonly timeZone: string | undefined;
  readonly catchesUp: boolean;
}

/** @param raw what the schema has accepted */
export function readScheduleProperties(raw: unknown): ScheduleProperties {
  const written = raw as Static<typeof scheduleSchema>;
  const writtenDurationMs = written.duration === undefined ? undefined : parseDuration(written.duration);
  const isLongEnough = writtenDurationMs !== undefined && writtenDurationMs >= shortestDurationMs;
  const { refire, skip_trigger_on_reenter: skips } = written;
  return {
    schedules: written.schedules,
    durationMs: isLongEnough ? writtenDurationMs : defaultDurationMs,
    writtenDurationMs,
    splayMs: parseDuration(written.start_splay ?? "0"),
    refires: refire ?? skips === false,
    contradicts: refire !== undefined && refire === skips,
    timeZone: written.timezone,
    catchesUp: written.catch_up ?? false,
  };
}
