/** Asks the daemon about one machine by name; a name it does not know becomes a guess at the right one. */
import { didYouMean } from "../lib/did-you-mean.ts";
import { codeOf, MachinistError } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import { askDaemon, type DaemonRequest, route } from "./client.ts";
import type { Invocation } from "./invocation.ts";
import { readMachines } from "./machine-answer.ts";

/** The parts of the path after the machine's name, and what to do there. Default: GET. */
export interface MachineRequest {
  readonly below?: readonly string[];
  readonly method?: DaemonRequest["method"];
  readonly body?: Json;
}

/** @throws MACHINE_NOT_FOUND, DAEMON_NOT_RUNNING, and whatever the daemon answers */
export async function askMachine(
  { config }: Invocation,
  name: string,
  { below = [], method = "GET", body }: MachineRequest = {},
): Promise<Json> {
  const path = route("machines", name, ...below);
  const request = body === undefined ? { method, path } : { method, path, body };
  try {
    return await askDaemon(config.daemon, request);
  } catch (error) {
    if (codeOf(error) !== "MACHINE_NOT_FOUND") throw error;
    const machines = readMachines(await askDaemon(config.daemon, { method: "GET", path: route("machines") }));
    const names = machines.map((machine) => machine.name);
    const hint = didYouMean(name, names) || "; `machinist list` shows which run";
    throw new MachinistError("MACHINE_NOT_FOUND", `there is no machine ${JSON.stringify(name)}${hint}`, {
      cause: error,
      details: { machine: name },
    });
  }
}
