/** The last look of a watcher, and what people see of the watcher then. */
import type { LoopParts, RememberedLook } from "./loop-host.ts";
import type { Observation } from "./watcher.ts";
import type { WatcherView } from "./watcher-view.ts";

export interface LastLook {
  readonly observation: Observation;
  /** When it ended, ms since 1970. */
  readonly at: number;
  /** Whether the watcher has turned inactive since. */
  readonly isOver: () => boolean;
}

export function rememberedLook({ observation, at }: LastLook): RememberedLook {
  const { outcome, error, isWaiting } = observation;
  return { outcome, at, ...(error !== undefined && { error }), ...(isWaiting && { isWaiting }) };
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
  { definition, initialOutcome, remembered }: Pick<LoopParts, "definition" | "initialOutcome" | "remembered">,
  last: LastLook | undefined,
  now: Pick<
    WatcherView,
    "active" | "looking" | "nextLookAt" | "waitsFor" | "awaitedSlot" | "missed" | "problem"
  >,
): WatcherView {
  const seen: Partial<Observation> | undefined = last?.observation ?? remembered;
  // What went wrong in an earlier stay says nothing of this one.
  const isEarlier = now.active && last?.isOver() === true;
  return {
    ...now,
    name: definition.name,
    type: definition.type,
    outcome: seen?.outcome ?? initialOutcome,
    lookedAt: last?.at ?? remembered?.at,
    error: isEarlier ? undefined : seen?.error,
    isWaiting: !isEarlier && seen?.isWaiting === true,
    output: seen?.output,
    detail: seen?.detail ?? {},
  };
}
