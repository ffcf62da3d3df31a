/**
 * What one batch of writes does to one bucket: checked against the stored state and the writes before it in the batch,
 * kept in memory, written once at the end. Knows the rules of history and sizes; the verbs are in operations.ts.
 */
import { MachinistError } from "../../../lib/errors.ts";
import type { Operation } from "../../store.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import type { WritableRecords } from "./environment.ts";
import { expiryKey, headKey, logKey, stateKey } from "./layout.ts";
import { deadlineOf, isExpired, oldestKept } from "./lifetime.ts";
import { emptyPayload, type Payload } from "./payload.ts";
import {
  decodeHead,
  decodeInline,
  encodeHead,
  encodeLog,
  encodeState,
  type Head,
  largestInline,
  type State,
  sizeOf,
  type Version,
} from "./records.ts";

/** Of a record whose key says it all. */
const nothing = Buffer.from([0]);

/** One key, as it is while the batch is put together. */
interface Slot {
  readonly recordKey: Buffer;
  /** undefined: no entry is left. */
  head: Head | undefined;
  /** The value to write with the head. */
  inline: Uint8Array | undefined;
  /** Its head is yet to be written. */
  isChanged: boolean;
}

/** An entry of this batch, for those who watch. */
export interface Appended {
  readonly revision: number;
  readonly key: string;
  readonly operation: Operation;
  readonly created: number;
  readonly deadline: number;
  readonly value: Uint8Array;
}

export class BucketChanges {
  /** In order of revision. */
  readonly appended: Appended[] = [];
  #bucket: BucketIdentity;
  readonly #records: WritableRecords;
  readonly #state: State;
  readonly #now: number;
  readonly #slots = new Map<string, Slot>();
  readonly #changed: Slot[] = [];
  #isEdited = false;
  /** Log records to write and to remove: an entry that comes and goes within the batch is in neither. */
  readonly #logged = new Map<number, { readonly bytes: Buffer; readonly deadline: number }>();
  /** Revision to deadline. */
  readonly #unlogged = new Map<number, number>();

  constructor(bucket: BucketIdentity, state: State, context: { records: WritableRecords; now: number }) {
    this.#bucket = bucket;
    this.#state = state;
    this.#records = context.records;
    this.#now = context.now;
  }

  get bucket(): BucketIdentity {
    return this.#bucket;
  }

  get revision(): number {
    return this.#state.lastRevision;
  }

  /** Retained entries. */
  get values(): number {
    return this.#state.values;
  }

  /** The time of this batch, never before that of an earlier entry. */
  get now(): number {
    return Math.max(this.#now, this.#state.lastCreated);
  }

  /**
   * What the key has now. Entries that have ended are gone with this, and the marker that tells of it is written; so are those
   * beyond a history that was lowered.
   */
  head(key: string): Head | undefined {
    return this.#live(key).head;
  }

  /** As `head`, for an operation that depends on the absence of the key. @throws STORE_DAMAGED */
  certainHead(key: string): Head | undefined {
    const head = this.head(key);
    if (!head) this.#records.get(headKey(this.bucket.id, key));
    return head;
  }

  /** From now on it is as it was changed to be. */
  edit(bucket: BucketIdentity): void {
    this.#bucket = bucket;
    this.#state.edits = bucket.edits;
    this.#isEdited = true;
  }

  /** The bytes of an entry's log record, also of one that this batch wrote. */
  logRecord(revision: number): Buffer | undefined {
    if (this.#unlogged.has(revision)) return undefined;
    return this.#logged.get(revision)?.bytes ?? this.#records.get(logKey(this.bucket.id, revision));
  }

  /**
   * Adds an entry, with a life of its own when there is a `ttlMs`, and lets go of those beyond the history.
   * @returns its revision @throws BUCKET_FULL
   */
  append(key: string, operation: Operation, payload: Payload, ttlMs?: number): number {
    this.#live(key);
    return this.#append(key, operation, payload, ttlMs);
  }

  #append(key: string, operation: Operation, payload: Payload, ttlMs?: number): number {
    const slot = this.#slot(key);
    const before = versionsOf(slot.head);
    // As on NATS, where the end of a value would bring back the one before.
    const isAlone = operation === "PURGE" || ttlMs !== undefined;
    const kept = isAlone ? 0 : this.bucket.config.history - 1;
    const dropped = before.splice(0, Math.max(0, before.length - kept));
    const size = sizeOf(key, payload.stored.length);
    this.#makeRoom(size - total(dropped), key);
    for (const version of dropped) this.#forget(version);
    const revision = ++this.#state.lastRevision;
    const created = this.now;
    const deadline = deadlineOf(this.bucket.config, created, ttlMs);
    this.#state.lastCreated = created;
    this.#state.values++;
    this.#state.bytes += size;
    const { stored, compressed } = payload;
    const bytes = encodeLog({ operation, created, deadline, key, stored, compressed });
    this.#logged.set(revision, { bytes, deadline });
    const length = payload.value.length;
    const inline = length <= largestInline ? payload.value : undefined;
    const current = { revision, size, deadline, operation, created, length };
    this.#setHead(slot, { current, older: before }, inline);
    this.appended.push({ revision, key, operation, created, deadline, value: payload.value });
    return revision;
  }

  /** Removes the key's entries up to a revision, without a trace, also of those that have ended. */
  drop(key: string, upTo: number): void {
    this.#dropIf(key, ({ revision }) => revision <= upTo);
  }

  /** Writes everything; afterwards a scan of the records sees it, and the changes go on. */
  flush(): void {
    if (this.#changed.length === 0 && !this.#isEdited) return;
    this.#isEdited = false;
    const { id } = this.bucket;
    for (const [revision, deadline] of this.#unlogged) {
      this.#records.remove(logKey(id, revision));
      if (deadline > 0) this.#records.remove(expiryKey(id, deadline, revision));
    }
    for (const [revision, { bytes, deadline }] of this.#logged) {
      this.#records.put(logKey(id, revision), bytes);
      if (deadline > 0) this.#records.put(expiryKey(id, deadline, revision), nothing);
    }
    for (const slot of this.#changed) {
      slot.isChanged = false;
      if (slot.head) this.#records.put(slot.recordKey, encodeHead(slot.head, slot.inline));
      else this.#records.remove(slot.recordKey);
    }
    this.#records.put(stateKey(id), encodeState(this.#state));
    this.#unlogged.clear();
    this.#logged.clear();
    this.#changed.length = 0;
  }

  /** As it is in the records and after the changes so far, whether it has ended or not. */
  #slot(key: string): Slot {
    const known = this.#slots.get(key);
    if (known) return known;
    const recordKey = headKey(this.bucket.id, key);
    const bytes = this.#records.peek(recordKey);
    const slot = { recordKey, head: bytes && decodeHead(bytes), inline: undefined, isChanged: false };
    this.#slots.set(key, slot);
    return slot;
  }

  /** The same, without what has ended or is beyond the history. */
  #live(key: string): Slot {
    const slot = this.#slot(key);
    if (!slot.head) return slot;
    const oldest = oldestKept(slot.head, this.bucket.config.history);
    if (oldest > 0) this.drop(key, oldest - 1);
    if (slot.head && this.bucket.ages) this.#expire(key, slot.head);
    return slot;
  }

  #expire(key: string, { current, older }: Head): void {
    if (isExpired(this.bucket, current, this.#now)) {
      // A PURGE has told already that nothing is left.
      if (!this.bucket.leavesMarkers || current.operation === "PURGE") this.drop(key, current.revision);
      else this.#append(key, "PURGE", emptyPayload, this.bucket.config.markerTtlMs);
    } else if (older.some((version) => this.#hasEnded(version))) {
      this.#dropIf(key, (version) => this.#hasEnded(version));
    }
  }

  #hasEnded({ deadline }: Version): boolean {
    return deadline > 0 && deadline <= this.#now;
  }

  #dropIf(key: string, isGone: (version: Version) => boolean): void {
    const slot = this.#slot(key);
    const { head } = slot;
    const dropped = versionsOf(head).filter(isGone);
    if (!head || dropped.length === 0) return;
    for (const version of dropped) this.#forget(version);
    const older = head.older.filter((version) => !dropped.includes(version));
    if (isGone(head.current)) this.#setHead(slot, undefined, undefined);
    else this.#setHead(slot, { current: head.current, older }, slot.inline ?? this.#storedInline(slot));
  }

  #makeRoom(more: number, key: string): void {
    const { maxBytes } = this.bucket.config;
    if (maxBytes === -1 || more <= 0 || this.#state.bytes + more <= maxBytes) return;
    throw new MachinistError(
      "BUCKET_FULL",
      `bucket ${this.bucket.name} is full: ${key} needs ${more} bytes, ${this.#state.bytes} of ${maxBytes} are used; ` +
        "remove entries (purge, empty) or give the bucket a higher maxBytes",
      { details: { bucket: this.bucket.name, key, bytes: this.#state.bytes, maxBytes } },
    );
  }

  #forget({ revision, size, deadline }: Version): void {
    this.#state.values--;
    this.#state.bytes -= size;
    if (!this.#logged.delete(revision)) this.#unlogged.set(revision, deadline);
  }

  /** Read only when a head is written again as it was: a new entry brings its own value. */
  #storedInline({ recordKey }: Slot): Uint8Array | undefined {
    const bytes = this.#records.get(recordKey);
    return bytes && decodeInline(bytes);
  }

  #setHead(slot: Slot, head: Head | undefined, inline: Uint8Array | undefined): void {
    slot.head = head;
    slot.inline = inline;
    if (slot.isChanged) return;
    slot.isChanged = true;
    this.#changed.push(slot);
  }
}

function versionsOf(head: Head | undefined): Version[] {
  return head ? [...head.older, head.current] : [];
}

function total(versions: readonly Version[]): number {
  let sum = 0;
  for (const version of versions) sum += version.size;
  return sum;
}
