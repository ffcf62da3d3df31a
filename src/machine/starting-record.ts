/** With which record a machine starts: the one it left, brought up to its definition, or a new one. */
import type { Definition } from "../definition/shape.ts";
import type { Clock } from "../lib/clock.ts";
import { deepFreeze, type Json, type JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import { adoptedData } from "./adopted-data.ts";
import { checkDataSize } from "./data-limit.ts";
import type { LookMemory } from "./look-memory.ts";
import { type MachineRecord, newRecord, type RecordKeeper, type Records } from "./record.ts";
import { cursorName, seenUpToNow, subscribedMachines } from "./subscriptions.ts";

interface Parts {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly looks: LookMemory;
  /** As in MachineServices. */
  readonly initialData?: Readonly<Record<string, JsonObject>>;
}

/** What `last.transition` says when no transition of the definition led to the state. */
export const startedOver = "@start-over";

/** Commits what it changes. `resume`: transitions led to this state, and what was going on there goes on. */
export async function startingRecord(
  definition: Definition,
  keeper: RecordKeeper,
  parts: Parts,
): Promise<{ record: MachineRecord; reason: "start" | "resume" }> {
  const found = await keeper.load();
  await parts.looks.load(definition.name, { isNew: found === null });
  const nowMs = parts.clock.now();
  const { name, hash, version, initialState } = definition;
  const made = found ?? {
    ...newRecord({ machine: name, definition: hash, version, state: initialState, nowMs }),
    data: { ...(await adoptedData(definition, parts.log)), ...parts.initialData?.[name] },
  };
  if (!found) checkDataSize(name, made.data);
  const reset = found ? startOverReason(found, definition) : undefined;
  if (reset) parts.log.warn("starting over", { from: made.state, to: initialState, reason: reset });
  const record = deepFreeze({
    ...made,
    definition: hash,
    version,
    cursors: { ...made.cursors, ...(await newSubscriptions(made, definition, parts.records)) },
    ...(reset ? startOver(made, definition, { nowMs, reason: reset }) : {}),
  });
  if (!found || needsCommit(found, record)) await keeper.commit(record);
  if (found && !reset) parts.log.info("resumed", { state: record.state, since: record.since });
  return { record, reason: !reset && record.transitions > 0 ? "resume" : "start" };
}

function startOverReason(record: MachineRecord, definition: Definition): string | undefined {
  if (!definition.states.includes(record.state)) return `state ${record.state} is gone from the definition`;
  return definition.onRestart === "reset" ? "on_restart is reset" : undefined;
}

function startOver(
  record: MachineRecord,
  { initialState }: Definition,
  { nowMs, reason }: { nowMs: number; reason: string },
): Partial<MachineRecord> {
  const at = new Date(nowMs).toISOString();
  if (record.state === initialState) return { since: at };
  const last = { transition: startedOver, from: record.state, to: initialState, at, by: `daemon: ${reason}` };
  return { state: initialState, since: at, transitions: record.transitions + 1, last };
}

/** A subscription sees what happens after it was made, and not the other machine's past. */
async function newSubscriptions(
  record: MachineRecord,
  definition: Definition,
  records: Records,
): Promise<Record<string, Json>> {
  const cursors: Record<string, Json> = {};
  for (const machine of subscribedMachines(definition)) {
    if (record.cursors[cursorName(machine)] !== undefined) continue;
    cursors[cursorName(machine)] = { ...(await seenUpToNow(records, machine)) };
  }
  return cursors;
}

function needsCommit(found: MachineRecord, record: MachineRecord): boolean {
  return (
    found.definition !== record.definition ||
    found.version !== record.version ||
    found.since !== record.since ||
    found.transitions !== record.transitions ||
    Object.keys(found.cursors).length !== Object.keys(record.cursors).length
  );
}
