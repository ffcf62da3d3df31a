/**
 * Look-ups that never return a damaged record. Each record is checked against its checksum. Where a record is missing, its
 * neighbors are checked too: a search in a damaged tree ends beside the damage or out of order.
 */
import type { MachinistError } from "../../../../lib/errors.ts";
import { allBuckets, bucketNameOf, metaKey, type Range } from "../layout.ts";
import { decodeBucket } from "../records.ts";
import { checksumBytes, hasIntactKey, isIntact, withChecksums } from "./checksum.ts";
import { type DamageContext, damagedRecord, readFailure } from "./damage.ts";
import { isWellFormed } from "./well-formed.ts";

interface StoredRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Look-ups in one state of the database. All throw STORE_DAMAGED. */
export interface Records {
  /** The bytes are LMDB's own and change with the next look-up: copy what is to stay. */
  get(key: Buffer): Buffer | undefined;
  /** As `get`, but trusts that a missing record does not exist: several times faster then. */
  peek(key: Buffer): Buffer | undefined;
  /** In the order of keys, at most `limit` and about 1 MiB. */
  scan(range: Range, limit: number): Page;
  /** The keys alone, damaged or not: for removing records, and for naming them. */
  keys(range: Range, limit: number): Buffer[];
}

/** A part of a range; the buffers are the caller's. */
export interface Page {
  readonly records: readonly StoredRecord[];
  /** Nothing of the range is left beyond it. */
  readonly last: boolean;
}

/** Look-ups see what was written before in the same transaction. */
export interface WritableRecords extends Records {
  /** How many records were put or removed since the environment was opened. */
  readonly written: number;
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
}

/** The database as LMDB shows it, with checksums. Everything may throw what LMDB says. */
export interface RawRecords {
  get(key: Buffer): Buffer | undefined;
  /** In the order of keys, from one on; with `back` against it. */
  from(start: Buffer, back?: "back"): Iterable<StoredRecord>;
}

/** Copies of large values would fill the memory long before `limit` is reached. */
const mostScannedBytes = 1_048_576;

const mismatch = "its checksum does not match";
const malformed = "it is malformed";
const disorder = "the keys around it are out of order";

export class CheckedRecords implements Records {
  readonly #raw: RawRecords;
  readonly #context: DamageContext;

  constructor(raw: RawRecords, place: string) {
    this.#raw = raw;
    this.#context = { place, bucketName: (id) => bucketNameIn(raw, id) };
  }

  get(key: Buffer): Buffer | undefined {
    const bytes = this.peek(key);
    if (bytes === undefined) this.#checkGap(key);
    return bytes;
  }

  peek(key: Buffer): Buffer | undefined {
    const bytes = this.#find(key);
    if (bytes === undefined) return undefined;
    if (isMeta(key)) return bytes;
    if (!isIntact(key, bytes, bytes.length)) {
      throw this.#damaged(key, Buffer.from(bytes.subarray(0, bytes.length)), mismatch);
    }
    // Of lmdb-js' reusable buffer the length is a property of its own.
    (bytes as { length: number }).length -= checksumBytes;
    if (!isWellFormed(key, bytes)) {
      throw this.#damaged(key, Buffer.from(bytes.subarray(0, bytes.length)), malformed);
    }
    return bytes;
  }

  scan({ start, end }: Range, limit: number): Page {
    const records: StoredRecord[] = [];
    let bytes = 0;
    let before = this.#before(start);
    for (const record of this.#from(start)) {
      const { key, value } = record;
      // The one beyond the end may be one of the range whose key is damaged.
      this.#checkPlace(record, before);
      if (key.compare(end) >= 0) break;
      if (records.length >= limit || bytes >= mostScannedBytes) return { records, last: false };
      records.push(this.#checked(record));
      bytes += value.length;
      before = key;
    }
    return { records, last: true };
  }

  keys({ start, end }: Range, limit: number): Buffer[] {
    const keys: Buffer[] = [];
    for (const { key } of this.#from(start)) {
      if (keys.length >= limit || key.compare(end) >= 0) break;
      keys.push(key);
    }
    return keys;
  }

  /** All records of the database in the order of keys, each with its damage if there is any. */
  *examine(): Generator<{ readonly key: Buffer; readonly content: Buffer; readonly error?: MachinistError }> {
    for (const { key, value } of this.#from(metaKey)) {
      if (isMeta(key)) continue;
      const content = value.subarray(0, Math.max(0, value.length - checksumBytes));
      if (!isIntact(key, value, value.length) || !hasIntactKey(key, value))
        yield { key, content, error: this.#damaged(key, value, mismatch) };
      else if (!isWellFormed(key, content))
        yield { key, content, error: this.#damaged(key, content, malformed) };
      else yield { key, content };
    }
  }

  #find(key: Buffer): Buffer | undefined {
    try {
      return this.#raw.get(key);
    } catch (error) {
      throw readFailure(this.#context, key, error);
    }
  }

  *#from(start: Buffer, back?: "back"): Iterable<StoredRecord> {
    let near = start;
    try {
      for (const record of this.#raw.from(start, back)) {
        near = record.key;
        yield record;
      }
    } catch (error) {
      throw readFailure(this.#context, near, error);
    }
  }

  /** Nothing is stored under this key, if the search for it was not misled. */
  #checkGap(key: Buffer): void {
    const before = this.#before(key);
    for (const record of this.#from(key)) {
      this.#checkPlace(record, before);
      if (record.key.compare(key) <= 0) throw this.#damaged(key, undefined, disorder);
      return;
    }
  }

  /** The key before this one. */
  #before(key: Buffer): Buffer | undefined {
    for (const record of this.#from(key, "back")) {
      if (record.key.equals(key)) continue;
      this.#checkPlace(record);
      if (record.key.compare(key) > 0) throw this.#damaged(record.key, record.value, disorder);
      return record.key;
    }
    return undefined;
  }

  /** Its key is what it was when it was stored, and comes after the one before. */
  #checkPlace({ key, value }: StoredRecord, before?: Buffer): void {
    if (before && before.compare(key) >= 0) throw this.#damaged(key, value, disorder);
    if (!isMeta(key) && !hasIntactKey(key, value)) throw this.#damaged(key, value, mismatch);
  }

  #checked(record: StoredRecord): StoredRecord {
    const { key, value } = record;
    if (isMeta(key)) return record;
    if (!isIntact(key, value, value.length)) throw this.#damaged(key, value, mismatch);
    const content = value.subarray(0, value.length - checksumBytes);
    if (!isWellFormed(key, content)) throw this.#damaged(key, content, malformed);
    return { key, value: content };
  }

  #damaged(key: Buffer, content: Buffer | undefined, found: string): MachinistError {
    return damagedRecord(this.#context, key, content, found);
  }
}

/** The bytes to store under a key. The meta record has its checksum in its text, for machinists that know no other. */
export function storedForm(key: Buffer, value: Buffer): Buffer {
  return isMeta(key) ? value : withChecksums(key, value);
}

function isMeta(key: Buffer): boolean {
  return key.length === metaKey.length;
}

function bucketNameIn(raw: RawRecords, id: number): string | undefined {
  try {
    for (const { key, value } of raw.from(allBuckets.start)) {
      if (key.compare(allBuckets.end) >= 0) return undefined;
      if (isBucket(value.subarray(0, value.length - checksumBytes), id)) return bucketNameOf(key);
    }
  } catch {
    // The tree is damaged there, too.
  }
  return undefined;
}

function isBucket(record: Buffer, id: number): boolean {
  try {
    return decodeBucket(record).id === id;
  } catch {
    return false;
  }
}
