/** What an observation changes: the transition that it fires, data, cursor and runs. */
import type { WatcherDefinition } from "../definition/shape.ts";
import type { Observation } from "../watching/watcher.ts";
import type { Change } from "./change.ts";

/** Undefined: nothing is to be committed. */
export function changeOf(watcher: WatcherDefinition, seen: Observation): Change | undefined {
  const transition = firedBy(watcher, seen);
  const changesData = seen.patch !== undefined || seen.merge !== undefined;
  if (!transition && !changesData && seen.cursor === undefined && !seen.completedRun) return undefined;
  return {
    by: `watcher ${watcher.name}`,
    transition,
    patch: seen.patch,
    merge: seen.merge,
    cursor: seen.cursor === undefined ? undefined : { of: watcher.name, value: seen.cursor },
    completedRun: seen.completedRun ? watcher.name : undefined,
  };
}

function firedBy(watcher: WatcherDefinition, { fire }: Observation): string | undefined {
  if (fire === "success") return watcher.successTransition;
  if (fire === "fail") return watcher.failTransition;
  return fire?.transition;
}
