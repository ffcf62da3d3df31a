/**
 * Transitions that follow another machine's. What happened is read from the other machine's record and history, beginning
 * after the last transition that this machine's own record says it has seen: so none is missed or taken twice across a
 * crash. A call from the roster only means "look again".
 */
import type { Definition } from "../definition/shape.ts";
import { isJsonObject, type Json } from "../lib/json.ts";
import type { Change } from "./change.ts";
import type { Records } from "./record.ts";

/** How far the transitions of another machine have been seen: which life of it, and how many transitions in that. */
export interface Seen {
  readonly id: string;
  readonly transitions: number;
}

export interface Happened {
  readonly machine: string;
  readonly event: string;
  readonly seen: Seen;
}

/** Names of the machines that a definition subscribes to. */
export function subscribedMachines(definition: Definition): readonly string[] {
  return [
    ...new Set(definition.transitions.flatMap(({ subscribe }) => subscribe.map(({ machine }) => machine))),
  ];
}

/** Names of own transitions that subscribe to what happened. */
export function subscribers(definition: Definition, happened: Happened): readonly string[] {
  const names = definition.transitions
    .filter(({ subscribe }) =>
      subscribe.some((to) => to.machine === happened.machine && to.event === happened.event),
    )
    .map(({ name }) => name);
  return [...new Set(names)];
}

/**
 * What a definition makes of a transition of another machine. The first of several transitions and "seen" are one write: a crash
 * between them may lose the later ones, never repeat one.
 */
export function changesAfter(definition: Definition, happened: Happened): readonly Change[] {
  const by = `subscription ${happened.machine}`;
  const [transition, ...others] = subscribers(definition, happened);
  const cursor = { of: cursorName(happened.machine), value: { ...happened.seen } };
  return [{ by, transition, cursor }, ...others.map((other) => ({ by, transition: other }))];
}

/** The cursor under which a machine keeps what it has seen of another; no watcher's name begins with `@`. */
export function cursorName(machine: string): string {
  return `@${machine}`;
}

/** Where a new subscription begins: what the other machine has done up to now is past. */
export async function seenUpToNow(records: Records, machine: string): Promise<Seen> {
  const found = await records.read(machine);
  return found ? { id: found.record.id, transitions: found.record.transitions } : { id: "", transitions: 0 };
}

/** Transitions of `machine` after `cursor`, oldest first, as far as its history still has them. */
export async function transitionsAfter(
  records: Records,
  machine: string,
  cursor: Json,
): Promise<readonly Happened[]> {
  const seen = readSeen(cursor);
  const history = await records.history(machine);
  // By place, not by number: after the other record was deleted and made anew, both lives stand in its history.
  const last = history.findLastIndex(
    ({ record }) => record.id === seen.id && record.transitions <= seen.transitions,
  );
  return history.slice(last + 1).map(({ record }) => ({
    machine,
    event: record.last?.transition ?? "",
    seen: { id: record.id, transitions: record.transitions },
  }));
}

function readSeen(cursor: Json): Seen {
  if (!isJsonObject(cursor)) return { id: "", transitions: 0 };
  const { id, transitions } = cursor;
  return {
    id: typeof id === "string" ? id : "",
    transitions: typeof transitions === "number" ? transitions : 0,
  };
}
