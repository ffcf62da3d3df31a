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

/** Required watchers that have not succeeded yet. */
export function unmet({ definition }: Pick<LoopParts, "definition">, host: LoopHost): readonly string[] {
  return definition.requires.filter((watcher) => !host.hasSucceeded(watcher));
}

/** Whether an active watcher must not begin a look now. */
export function isHeldBack(parts: Pick<LoopParts, "definition">, host: LoopHost): boolean {
  return host.isPaused || unmet(parts, host).length > 0;
}

/** For whoever asks a watcher that is not active, or whose machine is paused. */
export function inactive(
  { definition: { name } }: Pick<LoopParts, "definition">,
  host: LoopHost,
): MachinistError {
  if (host.isPaused) {
    const reason = "its machine is paused; resume it with `machinist resume`";
    return new MachinistError("STOPPED", `watcher ${name} takes nothing now: ${reason}`);
  }
  const place = `${name} is not active in state ${host.situation().state}`;
  return new MachinistError("STOPPED", `watcher ${place}, and takes nothing now`);
}
