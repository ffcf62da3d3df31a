/** What people see of a watcher. */
import type { JsonObject } from "../lib/json.ts";
import type { GovernorWait } from "./governor-waits.ts";
import type { MissedRevisions } from "./missed-revisions.ts";

export interface WatcherView {
  readonly name: string;
  readonly type: string;
  readonly active: boolean;
  readonly looking: boolean;
  /** Of the last look; the type's initial word before the first. */
  readonly outcome: string;
  /** End of the last look, ms since 1970. */
  readonly lookedAt: number | undefined;
  /** When the next look is due, ms since 1970; undefined when only a change or a hint begins it. */
  readonly nextLookAt: number | undefined;
  /** Watchers that must succeed before this one looks. */
  readonly waitsFor: readonly string[];
  /** The governor that it waits for a slot of. */
  readonly awaitedSlot: GovernorWait | undefined;
  /** Of the last look, unless the watcher has become active again since. */
  readonly error: string | undefined;
  /** The error is that something does not exist yet. */
  readonly isWaiting: boolean;
  readonly output: string | undefined;
  readonly detail: JsonObject;
  /** What keeps it from taking inputs, active or not. */
  readonly problem: string | undefined;
  /** Since its machine was started. */
  readonly missed: MissedRevisions | undefined;
}
