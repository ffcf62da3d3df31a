/** Pure: what a change makes of a record. Writes nothing and decides no legality. */
import { deepFreeze, isJsonObject, type Json, type JsonObject, jsonEqual } from "../lib/json.ts";
import type { Occurrences } from "./assign/counters.ts";
import type { LastTransition, MachineRecord, Pause } from "./record.ts";

/** What somebody wants of a machine, to be committed as one. */
export interface Change {
  /** Who wants it, as in `LastTransition.by`. */
  readonly by: string;
  readonly transition?: string | undefined;
  /** undefined removes an item. */
  readonly patch?: Readonly<Record<string, Json | undefined>> | undefined;
  /** Members that are put into items that are objects; one that is none becomes one. */
  readonly merge?: Readonly<Record<string, JsonObject>> | undefined;
  readonly cursor?: { readonly of: string; readonly value: Json } | undefined;
  /** Name of the watcher that completed a run. */
  readonly completedRun?: string | undefined;
  /** null ends the pause. */
  readonly pause?: Pause | null;
}

/** `record`: takes a place in the history; `note`: cursors and runs only; `nothing`: all is as it was. */
export type Weight = "record" | "note" | "nothing";

/** What a transition makes of the data. */
export interface Assigned {
  /** Its items win over those that the change brings. */
  readonly patch: JsonObject;
  readonly occurrences: Occurrences;
}

/** What the transition of a change comes to. */
export interface Effect {
  /** Left out: the state stays. */
  readonly move?: LastTransition | undefined;
  /** Left out: the transition sets no data. */
  readonly assigned?: Assigned | undefined;
}

export function applyChange(
  record: MachineRecord,
  change: Change,
  { move, assigned }: Effect = {},
): { readonly next: MachineRecord; readonly weight: Weight } {
  const data = patched(merged(patched(record.data, change.patch), change.merge), assigned?.patch);
  const cursors = patched(record.cursors, change.cursor && { [change.cursor.of]: change.cursor.value });
  const { completedRun } = change;
  const occurrences = assigned?.occurrences ?? record.occurrences;
  const runs =
    completedRun === undefined
      ? record.runs
      : { ...record.runs, [completedRun]: (record.runs[completedRun] ?? 0) + 1 };
  const next: MachineRecord = {
    ...record,
    data,
    cursors,
    runs,
    ...(occurrences && { occurrences }),
    ...moved(record, move),
    ...pausedBy(change),
  };
  return { next: deepFreeze(next), weight: weigh(record, next) };
}

function moved(record: MachineRecord, move: LastTransition | undefined): Partial<MachineRecord> {
  return move ? { state: move.to, since: move.at, transitions: record.transitions + 1, last: move } : {};
}

function pausedBy({ pause }: Change): Partial<MachineRecord> {
  return pause === undefined ? {} : { paused: pause ?? undefined };
}

function weigh(before: MachineRecord, after: MachineRecord): Weight {
  if (after.transitions !== before.transitions || after.data !== before.data) return "record";
  if (after.paused !== before.paused) return "record";
  if (after.occurrences !== before.occurrences) return "record";
  return after.cursors !== before.cursors || after.runs !== before.runs ? "note" : "nothing";
}

/** The same object when the patch changes nothing. */
function patched(
  object: JsonObject,
  patch: Readonly<Record<string, Json | undefined>> | undefined,
): JsonObject {
  if (!patch) return object;
  const changes = Object.entries(patch).filter(([key, value]) => !jsonEqual(own(object, key), value));
  if (changes.length === 0) return object;
  // A Map and fromEntries, not assignment: `__proto__` is a legal name here.
  const items = new Map(Object.entries(object));
  for (const [key, value] of changes) {
    if (value === undefined) items.delete(key);
    else items.set(key, value);
  }
  return Object.fromEntries(items);
}

function merged(data: JsonObject, merge: Change["merge"]): JsonObject {
  const changes = Object.entries(merge ?? {}).map(([name, members]) => {
    const found = own(data, name);
    return [name, { ...(isJsonObject(found) ? found : {}), ...members }] as const;
  });
  return patched(data, Object.fromEntries(changes));
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
