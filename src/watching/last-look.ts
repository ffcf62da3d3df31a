/** The last look of a watcher, and what people see of the watcher then. */
import type { LoopParts } from "./loop-host.ts";
import type { Observation } from "./watcher.ts";
import type { WatcherView } from "./watcher-view.ts";

export interface LastLook {
  readonly observation: Observation;
  /** When it ended, ms since 1970. */
  readonly at: number;
}

/** Time in ms until the interval since the last look is over. */
export function restOfInterval(
  intervalMs: number | undefined,
  last: LastLook | undefined,
  now: number,
): number {
  return Math.max((last?.at ?? Number.NEGATIVE_INFINITY) + (intervalMs ?? 0) - now, 0);
}

export function viewOf(
  { definition, initialOutcome }: Pick<LoopParts, "definition" | "initialOutcome">,
  last: LastLook | undefined,
  now: Pick<WatcherView, "active" | "looking" | "nextLookAt" | "waitsFor" | "missed" | "problem">,
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
