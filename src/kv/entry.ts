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

  constructor(fields: EntryFields) {
    this.bucket = fields.bucket;
    this.key = fields.key;
    this.value = fields.value;
    this.revision = fields.revision;
    this.created = new Date(fields.created);
    this.delta = fields.delta ?? 0;
    this.operation = fields.operation;
    this.length = fields.length;
    Object.freeze(this);
  }

  string(): string {
    return Buffer.from(this.value.buffer, this.value.byteOffset, this.value.byteLength).toString("utf8");
  }

  json(reviver?: (key: string, value: unknown) => unknown): Json {
    return JSON.parse(this.string(), reviver);
  }
}
