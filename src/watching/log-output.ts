/** What an observation of a watcher that runs commands says of the run, and the property that lets its output be logged. */
import { Type } from "typebox";
import type { CommandResult } from "../exec/command.ts";
import type { Observation } from "./watcher.ts";

export const logOutputSchemas = {
  log_output: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "Log the last lines of the output when a run fails. Off by default, because output may hold secrets. `machinist logs` shows the output in any case.",
    }),
  ),
};

const mostLines = 10;
const mostCharacters = 2_000;

export function tracesOf(
  { run, output }: CommandResult,
  isLogged: boolean,
): Pick<Observation, "run" | "lastLines"> {
  return { ...(run !== undefined && { run }), ...(isLogged && { lastLines: lastLinesOf(output) }) };
}

function lastLinesOf(output: string): string {
  return output.trimEnd().split("\n").slice(-mostLines).join("\n").slice(-mostCharacters);
}
