/** Whether a machine has ended in failure. Pure. */
import type { Definition, WatcherTypeShape } from "../definition/shape.ts";
import type { MachineRecord } from "./record.ts";

/** True in a state without a way out that the machine entered by a transition which watchers fire when they fail. */
export function isFailedEnd(
  { transitions, watchers }: Definition,
  { state, last }: Pick<MachineRecord, "state" | "last">,
  types: ReadonlyMap<string, WatcherTypeShape>,
): boolean {
  if (last?.to !== state || transitions.some(({ from }) => from.includes(state))) return false;
  const firing = watchers.filter(
    ({ stateMatch }) => stateMatch.length === 0 || stateMatch.includes(last.from),
  );
  const isSuccess = firing.some(({ successTransition }) => successTransition === last.transition);
  return (
    !isSuccess &&
    firing.some(
      ({ type, failTransition }) =>
        failTransition === last.transition && types.get(type)?.failsNormally !== true,
    )
  );
}
