/** Observations that the loop makes itself. */
import { codeOf, messageOf } from "../lib/errors.ts";
import type { Verdict } from "./loop-host.ts";
import type { Observation } from "./watcher.ts";

export interface Submitted {
  /** Undefined when nothing could be committed. */
  readonly verdict?: Verdict;
  /** Until the watcher must look again, because nothing could be committed. */
  readonly againInMs?: number;
  /** Why it will never be committed: it is too large. */
  readonly refusal?: unknown;
}

/** The observation without its transition: a failure that does not count yet, or a transition that is not legal. */
export function unfired({ fire: _fire, ...seen }: Observation): Observation {
  return seen;
}

/** What is committed in place of an observation that is too large; undefined when the failure is another one. */
export function smallerThan(
  seen: Observation,
  cause: unknown,
): { seen: Observation; refusal?: unknown } | undefined {
  if (codeOf(cause) !== "VALUE_TOO_LARGE" || !(seen.patch || seen.merge)) return undefined;
  if (seen.ifTooLarge) return { seen: seen.ifTooLarge(cause) };
  // A run that it completed has taken place: the next one is another.
  const { completedRun } = seen;
  return { seen: { ...failed(cause), ...(completedRun && { completedRun }) }, refusal: cause };
}

export function failed(cause: unknown): Observation {
  return { outcome: "error", fire: "fail", announce: true, error: messageOf(cause) };
}
