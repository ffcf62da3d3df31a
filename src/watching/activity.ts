/** Whether a watcher is active: what its definition asks of the states of its own machine and of others. */
import { MachinistError } from "../lib/errors.ts";
import type { LoopHost, LoopParts } from "./loop-host.ts";

export function shouldBeActive(
  { definition: { stateMatch, foreignStates }, policy }: Pick<LoopParts, "definition" | "policy">,
  host: LoopHost,
): boolean {
  const { state } = host.situation();
  if (state === policy.forcedIn) return true;
  if (stateMatch.length > 0 && !stateMatch.includes(state)) return false;
  return foreignStates.every((foreign) => host.foreignState(foreign.machine) === foreign.state);
}

/** For whoever asks a watcher that is not. */
export function inactive(
  { definition: { name } }: Pick<LoopParts, "definition">,
  host: LoopHost,
): MachinistError {
  const place = `${name} is not active in state ${host.situation().state}`;
  return new MachinistError("STOPPED", `watcher ${place}, and takes nothing now`);
}
