/** A checked definition, as everything past the door sees it: frozen, complete, in the names of the code. */
import { type TSchema, type TString, Type } from "typebox";
import type { Condition } from "../lib/condition.ts";
import { messageOf } from "../lib/errors.ts";
import type { ValueTemplate } from "../lib/template.ts";
import type { Severity } from "./fault.ts";

export interface ForeignState {
  readonly machine: string;
  readonly state: string;
}

export interface Subscription {
  readonly machine: string;
  /** Name of the other machine's transition. */
  readonly event: string;
}

/** An item of data that a transition sets. */
export interface SetItem {
  readonly key: string;
  readonly value: ValueTemplate;
}

/** An item of data that a transition counts up. */
export interface Increment {
  readonly key: string;
  readonly by: number;
  /** Only what happened within this time counts; undefined: everything. One for each key in a machine. */
  readonly windowMs: number | undefined;
}

/** What a transition makes of the data. No key twice. */
export interface Assignments {
  readonly set: readonly SetItem[];
  readonly increments: readonly Increment[];
}

export interface TransitionDefinition {
  readonly name: string;
  readonly from: readonly string[];
  readonly destination: string;
  readonly description: string;
  readonly subscribe: readonly Subscription[];
  /** Legal only while this holds; undefined: always. */
  readonly when: Condition | undefined;
  /** Committed with the transition; undefined: none. */
  readonly assignments: Assignments | undefined;
}

/** How a look that failed is tried again before its failure counts. */
export interface RetryPlan {
  /** Tries after the first one. */
  readonly times: number;
  /** Wait before the first of them. */
  readonly delayMs: number;
  /** Each wait is so many times the one before. */
  readonly factor: number;
  readonly longestMs: number;
  /** 0 to 1: by which part each wait is varied up and down. */
  readonly jitter: number;
}

export interface WatcherDefinition {
  readonly name: string;
  readonly type: string;
  /** Empty = active in every state. */
  readonly stateMatch: readonly string[];
  readonly foreignStates: readonly ForeignState[];
  readonly successTransition: string | undefined;
  readonly failTransition: string | undefined;
  readonly intervalMs: number | undefined;
  readonly announceIntervalMs: number | undefined;
  readonly retry: RetryPlan | undefined;
  /** Names of watchers that must have succeeded in the state first. */
  readonly requires: readonly string[];
  /** What the watcher type's `read` made of the YAML properties. */
  readonly properties: unknown;
}

/** How fast a machine may move: the nominal wait before the n-th transition since a quiet time (the last one repeats). */
export interface RateLimit {
  readonly delaysMs: readonly number[];
  /** Without a transition for this long, counting starts again. */
  readonly quietMs: number;
}

export interface Definition {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly initialState: string;
  /** Initial state, then all others in order of first mention. */
  readonly states: readonly string[];
  readonly splayStartMs: number;
  readonly onRestart: "resume" | "reset";
  /** null = no limit. */
  readonly rateLimit: RateLimit | null;
  readonly transitions: readonly TransitionDefinition[];
  readonly watchers: readonly WatcherDefinition[];
  /** sha256 (hex) of the file's bytes. */
  readonly hash: string;
  /** Absolute path of the file. */
  readonly file: string;
  /** Absolute path of the directory that commands run in: the file's own. */
  readonly directory: string;
}

/** The part of a watcher type that the door needs; `watching/watcher.ts` adds how to look. */
export interface WatcherTypeShape<Properties = unknown> {
  readonly type: string;
  /** TypeBox object schema of `properties` (closed: `additionalProperties: false`); written to schemas/watchers/<type>.schema.json. */
  readonly schema: TSchema;
  /** Shortest `interval` allowed, in ms; undefined: the type ignores `interval`. */
  readonly minimumIntervalMs: number | undefined;
  /** Turns schema-valid YAML properties into the code's own, defaults filled in, durations in ms. */
  read(raw: unknown): Properties;
  /** Faults that a schema cannot tell, each with the path inside the watcher (`["properties", "key"]`). */
  check?(watcher: WatcherDefinition & { readonly properties: Properties }): readonly PropertyFault[];
  /** Transition names that this watcher can fire besides success and fail, each with its path inside the watcher. */
  transitions?(properties: Properties): readonly NamedIn[];
  /** States of the machine that the properties name. */
  states?(properties: Properties): readonly NamedIn[];
  /** Command lines among the properties. */
  commands?(properties: Properties): readonly CommandIn[];
  /** Buckets and governors that the properties name. */
  resources?(properties: Properties): readonly ResourceIn[];
  /** Its fail_transition tells of an expiry or of an end that was planned, not of a failure. */
  readonly failsNormally?: true;
  /** Without `interval` it looks once each time a state is entered: a failure is not repeated. */
  readonly looksOncePerEntry?: true;
}

/** A command line in the properties, run without a shell in the machine's directory. */
export interface CommandIn {
  /** As written: its words are templates. */
  readonly text: string;
  /** Inside the watcher. */
  readonly path: readonly (string | number)[];
  /** It runs with a PATH that the watcher sets. */
  readonly setsPath?: boolean;
}

/** A thing of the store that somebody must have created, and where the properties name it. */
export interface ResourceIn {
  readonly kind: "bucket" | "governor";
  readonly name: string;
  /** Inside the watcher. */
  readonly path: readonly (string | number)[];
}

/** A name in the properties, and where it stands inside the watcher. */
export interface NamedIn {
  readonly name: string;
  readonly path: readonly (string | number)[];
}

export interface PropertyFault {
  readonly path: readonly (string | number)[];
  /** What was found, what is expected, what to do. */
  readonly message: string;
  /** Default "error". */
  readonly severity?: Severity;
}

/** What `attempt` throws, as a fault at that place; none when it throws nothing. */
export function refusal(path: PropertyFault["path"], attempt: () => unknown): PropertyFault[] {
  try {
    attempt();
    return [];
  } catch (cause) {
    return [{ path, message: messageOf(cause) }];
  }
}

/**
 * The schema of a duration in YAML: text that `parseDuration` of lib/duration.ts reads. The door refuses all other
 * text by the format; the pattern says the same to editors, which do not know the format.
 */
export function durationSchema(options: { description: string; default?: string }): TString {
  return Type.String({
    ...options,
    format: "machinist-duration",
    pattern: "^\\s*(0|((\\d+(\\.\\d+)?|\\.\\d+)(ns|us|µs|ms|[sSmhHdDwWMyY]))+)\\s*$",
  });
}
