/** Observations that the loop makes itself. */
import { codeOf, messageOf } from "../lib/errors.ts";
import type { Verdict } from "./loop-host.ts";
import type { Observation } from "./watcher.ts";

export interface Submitted {
  /** Undefined when nothing could be committed. */
  readonly verdict?: Verdict;
  /** Until the watcher must look again, because nothing could be committed. */
  readonly againInMs?: number;
  /** Why it will never be committed. */
  readonly refusal?: unknown;
}

/** The observation without its transition: a failure that does not count yet, or a transition that is not legal. */
export function unfired({ fire: _fire, ...seen }: Observation): Observation {
  return seen;
}

/**
 * What is committed in place of an observation that is refused for good; undefined when committing it again may succeed.
 * What is too large, or fires a transition that fails, is a look that has failed; when its fail transition fails too, nothing is fired.
 */
export function insteadOf(
  seen: Observation,
  cause: unknown,
): { seen: Observation; refusal?: unknown } | undefined {
  const code = codeOf(cause);
  const isTooLarge = code === "VALUE_TOO_LARGE" && (seen.patch ?? seen.merge) !== undefined;
  if (!isTooLarge && code !== "TRANSITION_FAILED") return undefined;
  if (isTooLarge && seen.ifTooLarge) return { seen: seen.ifTooLarge(cause) };
  // A run that it completed has taken place: the next one is another.
  const { completedRun, fire } = seen;
  const failure = { ...failed(cause), ...(completedRun && { completedRun }) };
  return { seen: fire === "fail" && !isTooLarge ? unfired(failure) : failure, refusal: cause };
}

export function failed(cause: unknown): Observation {
  return { outcome: "error", fire: "fail", announce: true, error: messageOf(cause) };
}
