/** What every kind of look of a kv watcher is given. */
import type { Entry, Operation } from "../../src/kv/store.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import type { Query } from "../../src/lib/query.ts";
import type { Look, Observation } from "../../src/watching/watcher.ts";
import type { KvProperties } from "./properties.ts";
import type { Target } from "./target.ts";

export interface LookSetting {
  readonly look: Look;
  readonly properties: KvProperties;
  readonly query: Query | undefined;
  readonly target: Target;
  /** The host's facts as they are now. @throws BAD_VALUE when they cannot be read */
  readonly facts: () => JsonObject;
  readonly signal: AbortSignal;
}

/** What a watcher keeps under its own name of the entry it handled last. */
export interface Handled {
  readonly key: string;
  /** 0 for a key that vanished without a marker. */
  readonly revision: number;
  readonly operation: Operation;
}

export function handledOf({ key, revision, operation }: Entry): Handled {
  return { key, revision, operation };
}

/** The part of a patch that reports what was handled. */
export function reportOf({ reportKey, bucket }: Target, handled: Handled | undefined): [string, Json][] {
  return reportKey === undefined || !handled ? [] : [[reportKey, { bucket, ...handled }]];
}

/** Which transition a deletion asks for. */
export function fireOfDeletion({ deleteTransition }: KvProperties): NonNullable<Observation["fire"]> {
  return deleteTransition === undefined ? "success" : { transition: deleteTransition };
}

/** How values are read, as text: revisions seen under another reading say nothing about values. */
export function readingOf({ parse, query, hieraConfig }: KvProperties): string {
  return `${hieraConfig ? "hiera" : parse} ${query ?? ""}`.trim();
}

/** An item of the data; never what objects inherit, because a key may be named `constructor`. */
export function ownItem(data: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(data, key) ? data[key] : undefined;
}
