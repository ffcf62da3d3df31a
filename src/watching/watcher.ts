/**
 * The contract of a watcher type. A type says *how* to look; the loop (`loop.ts`) owns *when*: interval, state_match,
 * foreign_state_required, hints, never two looks at once, announcements, abort. The machine commits what a look found.
 */

import type { WatcherTypeShape } from "../definition/shape.ts";
import type { CommandRunner } from "../exec/command.ts";
import type { Store } from "../kv/store.ts";
import type { Clock } from "../lib/clock.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import type { Gauge } from "./gauge.ts";
import type { Governors } from "./governors.ts";
import type { MissedRevisions } from "./missed-revisions.ts";

/**
 * Why the loop looks now. `start`: the machine began in its initial state; `resume`: it came back from its record;
 * `entered`: its state changed; `interval`: the interval passed; `due`: the time asked for by `lookAgainInMs`;
 * `hint`: the type's own hint; `data`: the machine's data or the facts changed; `input`: somebody outside asks for this look.
 */
export type LookReason = "start" | "resume" | "entered" | "interval" | "due" | "hint" | "data" | "input";

export interface Look {
  readonly reason: LookReason;
  readonly state: string;
  /** When that state was entered, ms since 1970; survives restarts. */
  readonly since: number;
  /** How many transitions the machine has made in its life: tells one stay in a state from the next. */
  readonly visit: number;
  /** The machine's data. Frozen. */
  readonly data: JsonObject;
  /** What this watcher's last committed observation asked to remember; undefined at first. */
  readonly cursor: Json | undefined;
  /** Runs that this watcher has completed in the machine's life. */
  readonly runs: number;
  /** True for the first look of a stay: before it, the watcher was inactive or the machine did not run in this state. */
  readonly arrived: boolean;
  /**
   * Aborted when the watcher turns inactive or its machine begins to stop. Work that is under way may finish then; a look that
   * waits for leave to begin it must not begin it any more.
   */
  readonly leaving: AbortSignal;
  /** What was asked for from outside; only with reason `input`. */
  readonly input?: JsonObject;
}

export interface Observation {
  /** In the words of the type: `changed`, `unchanged`, `success`, `error`… */
  readonly outcome: string;
  /** Which transition to ask for: the configured success or fail one, or one by name; nothing when left out. */
  readonly fire?: "success" | "fail" | { readonly transition: string };
  /** Changes of the machine's data: undefined removes the item. Committed with the transition in one write. */
  readonly patch?: Readonly<Record<string, Json | undefined>>;
  /** Changes of single members of data items that are objects: what others put beside them meanwhile stays. After the patch. */
  readonly merge?: Readonly<Record<string, JsonObject>>;
  /** Replaces the cursor, in the same write. Left out: the cursor stays. */
  readonly cursor?: Json;
  /** True when the look ran its command to an end: counts `runs` up, also when nothing else comes of the look. */
  readonly completedRun?: boolean;
  /** Look again after this long (0 = at once), if the watcher is still active then. */
  readonly lookAgainInMs?: number;
  /** Publish a watcher event for this look. Default: no. */
  readonly announce?: boolean;
  /** Type-specific fields of the watcher event and of `show`. Never the value of a key. */
  readonly detail?: JsonObject;
  /** Revisions that this look found gone: counted, logged and shown once the look is committed. */
  readonly missed?: MissedRevisions;
  /** What went wrong, for the log and `show`: place, found, expected, what to do. */
  readonly error?: string;
  /** Committed instead when the machine's data would become too large; without it such a look is an error. */
  readonly ifTooLarge?: (cause: unknown) => Observation;
  /** The error is that something does not exist yet that somebody creates later: an info, not a warning. */
  readonly isWaiting?: boolean;
  /** Last output of a command, for `show`. */
  readonly output?: string;
  /** Number of the run that it is about. */
  readonly run?: number;
  /** What is logged of a failed run's output, when its machine file allows that. */
  readonly lastLines?: string;
  /** Published once the look is committed. */
  readonly message?: { readonly subject: string; readonly payload: string };
}

/** One watcher of one running machine. */
export interface Watcher {
  /** Looks once. May throw: that is outcome `error`, and fires the fail transition. No timers, retries or locks in here. */
  observe(look: Look, signal: AbortSignal): Promise<Observation>;
  /** "Look now", without data; consumed while the watcher is active. When it ends or throws, the loop asks again with backoff. */
  hints?(signal: AbortSignal): AsyncIterable<void>;
  /**
   * Whether an input may reach this watcher at all; called before anything is said about it, also while the machine does not run.
   * @throws to the sender
   */
  admit?(input: JsonObject): Promise<void>;
  /**
   * What keeps the watcher from taking inputs, as a secret that cannot be read; undefined when nothing does. Called when the machine
   * starts, active or not, and after each input. Must not throw.
   */
  selfCheck?(): Promise<string | undefined>;
  /**
   * An input that came while the watcher is inactive: the cursor of the observation keeps it for a later look, and is committed
   * before the sender is answered. Without this method such inputs are refused. @throws to the sender
   */
  keep?(input: KeptInput): Promise<Observation>;
}

export interface KeptInput extends Pick<Look, "cursor" | "state"> {
  readonly input: JsonObject;
}

/** When the loop looks, besides hints and `lookAgainInMs`. */
export interface LookPolicy {
  /** First look after start: at once, after one interval, or at a random moment within so many ms. */
  readonly start: "at-once" | "after-interval" | { readonly withinMs: number };
  /**
   * Look after a state change: at once; only when the last look is an interval ago; or when the timer says so, that a change
   * between states of state_match leaves alone.
   */
  readonly entry: "at-once" | "when-due" | "on-schedule";
  /** Time from the end of a look to the next; undefined = no interval. */
  readonly intervalMs: number | undefined;
  /** Entering this state begins a look at once, also when state_match leaves it out. */
  readonly forcedIn?: string;
  /** Also look when the machine's data or the facts changed. */
  readonly onData?: boolean;
}

export interface WatcherContext {
  readonly machine: {
    readonly name: string;
    readonly version: string;
    /** Of this machine's record: a new one only when the record is new. */
    readonly instance: string;
    /** Where its commands run: the directory of its file. */
    readonly directory: string;
    /** A directory of its own under the data directory, for what its commands keep. */
    readonly workDirectory: string;
  };
  readonly watcher: string;
  /** Its `interval`, when there is one. */
  readonly intervalMs: number | undefined;
  readonly store: Store;
  readonly commands: CommandRunner;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** The host's facts as they are now. @throws BAD_VALUE when the facts file cannot be read */
  readonly facts: () => JsonObject;
  /** Name of this host in events. */
  readonly identity: string;
  readonly governors: Governors;
  /** What this watcher measures now, instead of what it measured before; gone when its machine stops. */
  readonly showGauges: (gauges: readonly Gauge[]) => void;
  /** What the host says about its machines beside their files, by machine name. @throws BAD_VALUE when it cannot be read */
  readonly overrides: () => JsonObject;
  /** The public key that specifications must be signed by, hex; goes before a key that a machine names. */
  readonly signingKey: string | undefined;
}

export interface WatcherType<Properties = unknown> extends WatcherTypeShape<Properties> {
  /** Outcome shown before the first look. */
  readonly initialOutcome: string;
  policy(properties: Properties, intervalMs: number | undefined): LookPolicy;
  /** Called once per start of the machine; does no I/O. */
  create(properties: Properties, context: WatcherContext): Watcher;
}
