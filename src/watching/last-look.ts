/** The last look of a watcher, and what people see of the watcher then. */
import type { LoopParts } from "./loop-host.ts";
import type { Observation } from "./watcher.ts";
import type { WatcherView } from "./watcher-view.ts";

export interface LastLook {
  readonly observation: Observation;
  /** When it ended, ms since 1970. */
  readonly at: number;
}

export function viewOf(
  { definition, initialOutcome }: Pick<LoopParts, "definition" | "initialOutcome">,
  last: LastLook | undefined,
  now: Pick<WatcherView, "active" | "looking" | "nextLookAt" | "waitsFor" | "missed">,
): WatcherView {
  const seen = last?.observation;
  return {
    ...now,
    name: definition.name,
    type: definition.type,
    outcome: seen?.outcome ?? initialOutcome,
    lookedAt: last?.at,
    error: seen?.error,
    output: seen?.output,
    detail: seen?.detail ?? {},
  };
}
