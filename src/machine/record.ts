/**
 * The durable record of a machine: one entry of bucket `machinist-machines`, replaced by compare-and-set, its history the
 * machine's history. A look that moves only a cursor writes a note to `machinist-cursors` instead, so that quiet watchers
 * do not push transitions out of the history; the next record takes the note in and makes it void.
 */
import { randomUUID } from "node:crypto";
import type { Bucket, Store } from "../kv/store.ts";
import { MachinistError } from "../lib/errors.ts";
import { deepFreeze, isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { Occurrences } from "./assign/counters.ts";
import { type RecordBucketParts, RecordBuckets, recordBucketName } from "./record-buckets.ts";

export interface LastTransition {
  readonly transition: string;
  readonly from: string;
  readonly to: string;
  /** ISO 8601. */
  readonly at: string;
  /** Who fired it: `watcher NAME`, `subscription MACHINE`, `daemon: REASON`, or a person (`http/actor.ts`). */
  readonly by: string;
}

/** An order that the machine's watchers rest, until somebody ends it. */
export interface Pause {
  /** ISO 8601. */
  readonly at: string;
  /** Who paused it, as in `LastTransition.by`. */
  readonly by: string;
}

export interface MachineRecord {
  readonly format: 1;
  /** Made once, when the record is new. */
  readonly id: string;
  readonly machine: string;
  /** Hash and version of the definition that wrote this record. */
  readonly definition: string;
  readonly version: string;
  readonly state: string;
  /** When the state was entered, ISO 8601. */
  readonly since: string;
  /** Transitions made in the machine's life. */
  readonly transitions: number;
  /** Watcher → runs completed in the machine's life. */
  readonly runs: Readonly<Record<string, number>>;
  /** Watcher → what it asked to remember. `@NAME` → last transition of machine NAME that subscriptions have seen. */
  readonly cursors: Readonly<Record<string, Json>>;
  readonly data: JsonObject;
  /** Of the counters with a window in `data`; records of earlier versions have none. */
  readonly occurrences?: Occurrences;
  readonly last: LastTransition | null;
  /** Absent: its watchers look. */
  readonly paused?: Pause | undefined;
}

type Note = Pick<MachineRecord, "runs" | "cursors"> & { readonly revision: number };

const format = 1;

/** Opens the two buckets that hold all machines of a data directory. */
export async function openRecords(store: Store, parts: RecordBucketParts): Promise<Records> {
  return new Records(await RecordBuckets.open(store, parts));
}

interface Stage {
  readonly record: MachineRecord;
  readonly revision: number;
}

export class Records {
  readonly #buckets: RecordBuckets;

  constructor(buckets: RecordBuckets) {
    this.#buckets = buckets;
  }

  get bucket(): Bucket {
    return this.#buckets.records;
  }

  /** Why the record of a running machine cannot be written now. */
  problemOf(machine: string): string | undefined {
    return this.#buckets.problemOf(machine);
  }

  /** @throws what keeps states from being read or written now */
  check(): Promise<void> {
    return this.#buckets.check();
  }

  keeper(machine: string): RecordKeeper {
    return new RecordKeeper(this.#buckets, machine);
  }

  /** Removes all that is kept of a machine that does not run. @returns false when there was no record */
  async remove(machine: string): Promise<boolean> {
    const buckets = this.#buckets;
    const found = await buckets.read(() => buckets.records.entry(machine));
    if (found?.operation !== "PUT") return false;
    // First: without it the note says nothing.
    await buckets.records.purge(machine);
    await buckets.notes.purge(machine);
    return true;
  }

  /** A machine's record with its note taken in; null when it never ran. @throws BAD_VALUE for what is no record */
  async read(machine: string): Promise<Stage | null> {
    const buckets = this.#buckets;
    const entry = await buckets.read(() => buckets.records.get(machine));
    if (!entry) return null;
    const { revision } = entry;
    const record = readRecord(entry.string(), machine);
    const note = await buckets.read(() => buckets.notes.get(machine));
    return { record: deepFreeze(note ? { ...record, ...voidOr(note.json(), revision) } : record), revision };
  }

  /** Every transition still in the history of a machine's record, oldest first. */
  async history(machine: string): Promise<readonly Stage[]> {
    const stages: Stage[] = [];
    for await (const entry of this.bucket.history(machine)) {
      if (entry.operation !== "PUT") continue;
      const record = readRecord(entry.string(), machine);
      const same = stages.findLastIndex((stage) => isSameStage(stage.record, record));
      if (same === -1) stages.push({ record, revision: entry.revision });
      // Written back: what lies between is what somebody else wrote, and never happened.
      else stages.length = same + 1;
    }
    return stages.filter(({ record }) => record.last !== null && record.transitions > 0);
  }
}

function isSameStage(left: MachineRecord, right: MachineRecord): boolean {
  return left.id === right.id && left.transitions === right.transitions && left.last?.at === right.last?.at;
}

/** Reads and writes the record of one running machine; the only writer, and sure of it by compare-and-set. */
export class RecordKeeper {
  readonly #buckets: RecordBuckets;
  readonly #machine: string;
  /** Called after the record was written back because somebody else had changed it. */
  onRestored: () => void = () => undefined;

  constructor(buckets: RecordBuckets, machine: string) {
    this.#buckets = buckets;
    this.#machine = machine;
  }

  /** Of the record as last read or written; 0 = there is none. */
  get revision(): number {
    return this.#buckets.committed(this.#machine)?.revision ?? 0;
  }

  /** As Records.read. What it finds is the machine's from now on, until `release`. */
  async load(): Promise<MachineRecord | null> {
    const found = await new Records(this.#buckets).read(this.#machine);
    if (found) this.#remember(found);
    return found?.record ?? null;
  }

  /** Writes over what somebody else wrote. @throws KEY_EXISTS when somebody else wrote the first record */
  async commit(record: MachineRecord): Promise<void> {
    const text = JSON.stringify(record);
    const buckets = this.#buckets;
    await buckets.write(this.#machine, async () => {
      const expected = this.revision;
      const revision =
        expected === 0
          ? await buckets.records.create(this.#machine, text)
          : await buckets.records.update(this.#machine, text, expected);
      this.#remember({ record, revision });
    });
  }

  /** Remembers cursors and runs without a place in the history. */
  async note(record: MachineRecord): Promise<void> {
    const buckets = this.#buckets;
    await buckets.write(this.#machine, async () => {
      const { revision } = this;
      const note: Note = { revision, cursors: record.cursors, runs: record.runs };
      await buckets.notes.put(this.#machine, JSON.stringify(note));
      this.#remember({ record, revision });
    });
  }

  /** The machine has stopped. */
  release(): void {
    this.#buckets.forget(this.#machine);
  }

  #remember(found: Stage): void {
    this.#buckets.remember(this.#machine, { ...found, onRestored: () => this.onRestored() });
  }
}

export interface NewRecord {
  readonly machine: string;
  readonly definition: string;
  readonly version: string;
  readonly state: string;
  readonly nowMs: number;
}

export function newRecord(from: NewRecord): MachineRecord {
  return deepFreeze({
    format,
    id: randomUUID(),
    machine: from.machine,
    definition: from.definition,
    version: from.version,
    state: from.state,
    since: new Date(from.nowMs).toISOString(),
    transitions: 0,
    runs: {},
    cursors: {},
    data: {},
    last: null,
  });
}

/** @throws BAD_VALUE, saying what to do, for what is no record */
export function readRecord(text: string, machine: string): MachineRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badRecord(machine, "it is no JSON", cause);
  }
  if (!isJsonObject(value) || typeof value["format"] !== "number")
    throw badRecord(machine, "it has no format number");
  if (value["format"] !== format) {
    throw badRecord(machine, `its format is ${value["format"]}, this version of machinist knows ${format}`);
  }
  const problem = fieldProblem(value);
  if (problem !== undefined) throw badRecord(machine, problem);
  // Every field that the code relies on was looked at above.
  return value as unknown as MachineRecord;
}

/** The first field that is not as the code expects it. */
function fieldProblem(value: JsonObject): string | undefined {
  for (const [field, type] of [
    ["id", "string"],
    ["state", "string"],
    ["since", "string"],
    ["transitions", "number"],
  ] as const) {
    if (typeof value[field] !== type) return `its ${field} is no ${type}`;
  }
  for (const field of ["runs", "cursors", "data"]) {
    if (!isJsonObject(value[field])) return `its ${field} is no object`;
  }
  return areOccurrences(value["occurrences"] ?? {}) ? undefined : "its occurrences are not lists of numbers";
}

function areOccurrences(value: Json): boolean {
  const isTimes = (times: Json): boolean =>
    Array.isArray(times) && times.every((time) => typeof time === "number");
  return isJsonObject(value) && Object.values(value).every(isTimes);
}

function badRecord(machine: string, reason: string, cause?: unknown): MachinistError {
  const place = `record ${recordBucketName}/${machine}`;
  const remedy = `see \`machinist kv --internal history ${recordBucketName} ${machine}\`; \`machinist kv --internal del\` of it starts the machine over`;
  return new MachinistError("BAD_VALUE", `${place} cannot be read: ${reason}; ${remedy}`, { cause });
}

function voidOr(note: Json, revision: number): Partial<MachineRecord> {
  if (!isJsonObject(note) || note["revision"] !== revision) return {};
  const { runs, cursors } = note as unknown as Note;
  return { runs, cursors };
}
