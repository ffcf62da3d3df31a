/** The four results of a check, and which of them the end of a plugin is. Pure. */
import { type CommandResult, describeEnd } from "../../src/exec/command.ts";
import type { Observation } from "../../src/watching/watcher.ts";

/** By exit status; also the names of the transitions. */
export const statusNames = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
export type StatusName = (typeof statusNames)[number];

/** Entering it checks at once, also where state_match leaves it out. */
export const forcedCheckState = "FORCE_CHECK";

const longestOutput = 64 * 1024;

export interface CheckResult {
  readonly status: StatusName;
  /** For people, and with the perfdata when there is no error; trimmed and of bounded length. */
  readonly output: string;
  /** Why the check itself could not be made. */
  readonly error?: string;
  /** Of the run, when a command made the check. */
  readonly traces?: Pick<Observation, "run" | "lastLines">;
}

export function statusCode(status: StatusName): number {
  return statusNames.indexOf(status);
}

/** Exit status 0 to 3 are what the plugin says; everything else says that nobody knows. */
export function resultOf(plugin: string, { end, stdout, output }: CommandResult): CheckResult {
  const status = end.how === "exited" ? statusNames[end.code] : undefined;
  // A plugin that has something to say says it on standard output; one that broke may say why on the other.
  const said = (stdout.trim() || output.trim()).slice(0, longestOutput);
  if (status !== undefined) return { status, output: said };
  return failedCheck(`plugin \`${plugin}\`: ${describeEnd(end)}`, said);
}

/** @param output what was printed, if anything was */
export function failedCheck(error: string, output = ""): CheckResult {
  return { status: "UNKNOWN", output: output || error, error };
}
