/** What stands around a loop. */
import type { WatcherDefinition } from "../definition/shape.ts";
import type { Clock } from "../lib/clock.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import type { GovernorWait } from "./governor-waits.ts";
import type { LookPolicy, Observation, Watcher } from "./watcher.ts";
import type { WatcherView } from "./watcher-view.ts";

/**
 * What a machine did with an observation. `illegal`: it is committed without its transition, which is not legal now;
 * `stale`: the machine left the state meanwhile, nothing of it fires.
 */
export type Verdict = "committed" | "illegal" | "stale";

/** What a loop needs of its machine. */
export interface LoopHost {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** The machine's committed record, as a look sees it. */
  situation(): {
    readonly state: string;
    readonly since: number;
    readonly visit: number;
    readonly data: JsonObject;
  };
  /** While true no look begins; those under way may finish. */
  readonly isPaused: boolean;
  memory(watcher: string): { readonly cursor: Json | undefined; readonly runs: number };
  /** State of another machine of this daemon; undefined when it is not running. */
  foreignState(machine: string): string | undefined;
  /** Whether another watcher of this machine has succeeded since the state was entered. */
  hasSucceeded(watcher: string): boolean;
  /** Commits what was seen. Resolves when it is durable; rejects when it could not be written. */
  submit(watcher: WatcherDefinition, observation: Observation, isStale: () => boolean): Promise<Verdict>;
  announce(view: WatcherView): void;
}

/** What is known of a look that was made before the daemon was started. */
export interface RememberedLook extends Pick<Observation, "outcome" | "error" | "isWaiting"> {
  readonly at: number;
}

export interface LoopParts {
  readonly definition: WatcherDefinition;
  readonly watcher: Watcher;
  readonly policy: LookPolicy;
  readonly initialOutcome: string;
  /** What this watcher waits for before its work begins. */
  readonly waits: { readonly current: GovernorWait | undefined };
  /** Its last look before the daemon was started. */
  readonly remembered?: RememberedLook | undefined;
  /** Told of each look, committed or not. */
  readonly remember?: (look: RememberedLook) => void;
}
