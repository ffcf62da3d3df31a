/**
 * The durable record of a machine: one entry of bucket `machinist-machines`, replaced by compare-and-set, its history the
 * machine's history. A look that moves only a cursor writes a note to `machinist-cursors` instead, so that quiet watchers
 * do not push transitions out of the history; the next record takes the note in and makes it void.
 */
import { randomUUID } from "node:crypto";
import type { Bucket, Store } from "../kv/store.ts";
import { MachinistError } from "../lib/errors.ts";
import { deepFreeze, isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import { RecordBuckets, recordBucketName } from "./record-buckets.ts";

export interface LastTransition {
  readonly transition: string;
  readonly from: string;
  readonly to: string;
  /** ISO 8601. */
  readonly at: string;
  /** Who fired it: `watcher NAME`, `person`, `subscription MACHINE`, `daemon`. */
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
  readonly last: LastTransition | null;
}

type Note = Pick<MachineRecord, "runs" | "cursors"> & { readonly revision: number };

const format = 1;

/** Opens the two buckets that hold all machines of a data directory. */
export async function openRecords(store: Store, log: Logger): Promise<Records> {
  return new Records(await RecordBuckets.open(store, log));
}

export class Records {
  readonly #buckets: RecordBuckets;

  constructor(buckets: RecordBuckets) {
    this.#buckets = buckets;
  }

  get bucket(): Bucket {
    return this.#buckets.records;
  }

  keeper(machine: string): RecordKeeper {
    return new RecordKeeper(this.#buckets, machine);
  }

  /** Every transition still in the history of a machine's record, oldest first. */
  async history(machine: string): Promise<{ readonly record: MachineRecord; readonly revision: number }[]> {
    const found: { record: MachineRecord; revision: number }[] = [];
    let transitions = 0;
    for await (const entry of this.bucket.history(machine)) {
      if (entry.operation !== "PUT") continue;
      const record = readRecord(entry.string(), machine);
      if (record.last !== null && record.transitions !== transitions)
        found.push({ record, revision: entry.revision });
      transitions = record.transitions;
    }
    return found;
  }
}

/** Reads and writes one machine's record; the only writer, and sure of it by compare-and-set. */
export class RecordKeeper {
  readonly #buckets: RecordBuckets;
  readonly #machine: string;
  #revision = 0;
  #generation = 0;

  constructor(buckets: RecordBuckets, machine: string) {
    this.#buckets = buckets;
    this.#machine = machine;
  }

  /** Of the record as last read or written; 0 = there is none. */
  get revision(): number {
    if (this.#generation === this.#buckets.generation) return this.#revision;
    return this.#buckets.committed(this.#machine)?.revision ?? 0;
  }

  /** The record with its note taken in; null when this machine never ran. @throws BAD_VALUE for what is no record */
  async load(): Promise<MachineRecord | null> {
    const buckets = this.#buckets;
    const entry = await buckets.perform(() => buckets.records.get(this.#machine));
    this.#isAt(entry?.revision ?? 0);
    if (!entry) return null;
    const record = readRecord(entry.string(), this.#machine);
    const note = await buckets.perform(() => buckets.notes.get(this.#machine));
    const whole = deepFreeze(note ? { ...record, ...voidOr(note.json(), entry.revision) } : record);
    if (!buckets.committed(this.#machine))
      buckets.remember(this.#machine, { record: whole, revision: entry.revision });
    return whole;
  }

  /** @throws WRONG_REVISION or KEY_EXISTS when somebody else wrote the record */
  async commit(record: MachineRecord): Promise<void> {
    const text = JSON.stringify(record);
    const buckets = this.#buckets;
    const revision = await buckets.perform(() => {
      const expected = this.revision;
      return expected === 0
        ? buckets.records.create(this.#machine, text)
        : buckets.records.update(this.#machine, text, expected);
    });
    this.#isAt(revision);
    buckets.remember(this.#machine, { record, revision });
  }

  /** Remembers cursors and runs without a place in the history. */
  async note(record: MachineRecord): Promise<void> {
    const buckets = this.#buckets;
    await buckets.perform(() => {
      const note: Note = { revision: this.revision, cursors: record.cursors, runs: record.runs };
      return buckets.notes.put(this.#machine, JSON.stringify(note));
    });
    buckets.remember(this.#machine, { record, revision: this.revision });
  }

  #isAt(revision: number): void {
    this.#revision = revision;
    this.#generation = this.#buckets.generation;
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

function readRecord(text: string, machine: string): MachineRecord {
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
  for (const [field, type] of [
    ["id", "string"],
    ["state", "string"],
    ["since", "string"],
    ["transitions", "number"],
  ]) {
    if (typeof value[field ?? ""] !== type) throw badRecord(machine, `its ${field} is no ${type}`);
  }
  for (const field of ["runs", "cursors", "data"]) {
    if (!isJsonObject(value[field])) throw badRecord(machine, `its ${field} is no object`);
  }
  // Every field that the code relies on was looked at above.
  return value as unknown as MachineRecord;
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
