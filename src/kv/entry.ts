/** What readers get: one revision of one key, the same from every engine. */
import type { Json } from "../lib/json.ts";
import type { Entry, Operation } from "./store.ts";

/** The fields of an entry; `length` defaults to that of the value, `delta` to 0. */
export interface EntryFields {
  readonly bucket: string;
  readonly key: string;
  /** Handed over: nobody may change it afterwards. */
  readonly value: Uint8Array;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly operation: Operation;
  readonly length: number;
  readonly delta?: number;
  /** undefined: none of its own. */
  readonly ttlMs?: number | undefined;
}

export class StoredEntry implements Entry {
  readonly bucket: string;
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
  readonly created: Date;
  readonly delta: number;
  readonly operation: Operation;
  readonly length: number;
  // Only declared, so that an entry without one has no such field at all.
  declare readonly ttlMs?: number;

  constructor(fields: EntryFields) {
    this.bucket = fields.bucket;
    this.key = fields.key;
    this.value = fields.value;
    this.revision = fields.revision;
    this.created = new Date(fields.created);
    this.delta = fields.delta ?? 0;
    this.operation = fields.operation;
    this.length = fields.length;
    if (fields.ttlMs !== undefined) this.ttlMs = fields.ttlMs;
    Object.freeze(this);
  }

  string(): string {
    return Buffer.from(this.value.buffer, this.value.byteOffset, this.value.byteLength).toString("utf8");
  }

  json(reviver?: (key: string, value: unknown) => unknown): Json {
    return JSON.parse(this.string(), reviver);
  }
}

/** The entry with another value or delta, all else as it is. */
export function entryWith(entry: Entry, changes: Partial<Pick<EntryFields, "value" | "delta">>): StoredEntry {
  const { bucket, key, value, revision, operation, length, delta, ttlMs } = entry;
  const created = entry.created.getTime();
  return new StoredEntry({
    ...{ bucket, key, value, revision, created, operation, length, delta, ttlMs },
    ...changes,
  });
}
