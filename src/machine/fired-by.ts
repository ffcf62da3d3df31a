/** Which transition an observation fires. */
import type { WatcherDefinition } from "../definition/shape.ts";
import type { Observation } from "../watching/watcher.ts";

export function firedBy(watcher: WatcherDefinition, { fire }: Observation): string | undefined {
  if (fire === "success") return watcher.successTransition;
  if (fire === "fail") return watcher.failTransition;
  return fire?.transition;
}
