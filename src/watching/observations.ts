/** Observations that the loop makes itself. */
import { messageOf } from "../lib/errors.ts";
import type { Observation } from "./watcher.ts";

export interface Submitted {
  /** Committed, and not stale. */
  readonly counts?: boolean;
  /** Until the watcher must look again, because nothing could be committed. */
  readonly againInMs?: number;
  /** Why it will never be committed: it is too large. */
  readonly refusal?: unknown;
}

/** A failure that does not count yet. */
export function unfired({ fire: _fire, ...seen }: Observation): Observation {
  return seen;
}

/** What could not be committed. A run that it completed has taken place: the next one is another. */
export function refused({ completedRun }: Observation, cause: unknown): Observation {
  return { ...failed(cause), ...(completedRun && { completedRun }) };
}

export function failed(cause: unknown): Observation {
  return { outcome: "error", fire: "fail", announce: true, error: messageOf(cause) };
}
