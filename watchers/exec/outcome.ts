/** What an ended command means to the machine. Pure. */
import { type CommandResult, describeEnd } from "../../src/exec/command.ts";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";
import { tracesOf } from "../../src/watching/log-output.ts";
import type { Observation } from "../../src/watching/watcher.ts";
import type { ExecProperties } from "./properties.ts";

export const execOutcomes = {
  initial: "unknown",
  success: "success",
  error: "error",
  skipped: "skipped",
} as const;

/** A stopped command says nothing: it will run again. */
export function observationOf(result: CommandResult, properties: ExecProperties): Observation {
  const { end, output } = result;
  const traces = tracesOf(result, properties.logOutput);
  if (end.how === "stopped") return { outcome: execOutcomes.skipped, ...traces };
  // A disowned run that is lost may still go on: what runs next repeats it, under the same id.
  const ran = { ...traces, output, completedRun: end.how !== "lost" && end.how !== "not-started" };
  if (end.how !== "exited" || end.code !== 0) return { ...failed(properties, describeEnd(end)), ...ran };
  if (!properties.parseAsData) return { ...succeeded(properties), ...ran };
  const parsed = parseOutput(result);
  if (typeof parsed === "string") return { ...failed(properties, parsed), ...ran };
  return { ...succeeded(properties), ...ran, patch: parsed };
}

/** A run that failed, or that could not even begin. */
export function failed({ command }: ExecProperties, reason: string): Observation {
  return {
    outcome: execOutcomes.error,
    fire: "fail",
    announce: true,
    error: `command \`${command}\`: ${reason}`,
  };
}

function succeeded({ suppressSuccessAnnounce }: ExecProperties): Observation {
  return { outcome: execOutcomes.success, fire: "success", announce: !suppressSuccessAnnounce };
}

/** The object that was printed, or what is wrong with it; never with a piece of it. */
function parseOutput({ stdout, stdoutComplete }: CommandResult): JsonObject | string {
  if (!stdoutComplete)
    return "its standard output is larger than 1 MiB, which parse_as_data does not take; print less";
  const expected = "parse_as_data expects exactly one JSON object on standard output";
  if (stdout.trim() === "") return `it printed nothing; ${expected}`;
  try {
    const value: unknown = JSON.parse(stdout);
    return isJsonObject(value)
      ? value
      : `it printed ${Array.isArray(value) ? "a JSON list" : "a single JSON value"}; ${expected}`;
  } catch {
    return `it printed something that is no JSON; ${expected}`;
  }
}
