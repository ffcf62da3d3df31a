/**
 * What one batch of writes does to one bucket: checked against the stored state and the writes before it in the batch,
 * kept in memory, written once at the end. Knows the rules of history and sizes; the verbs are in operations.ts.
 */
import { MachinistError } from "../../../lib/errors.ts";
import type { Operation } from "../../store.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import type { WritableRecords } from "./environment.ts";
import { headKey, logKey, stateKey } from "./layout.ts";
import type { Payload } from "./payload.ts";
import {
  decodeHead,
  encodeHead,
  encodeLog,
  encodeState,
  type Head,
  largestInline,
  type State,
  sizeOf,
  type Version,
} from "./records.ts";

/** An entry of this batch, for those who watch. */
export interface Appended {
  readonly revision: number;
  readonly key: string;
  readonly operation: Operation;
  readonly created: number;
  readonly value: Uint8Array;
}

export class BucketChanges {
  readonly bucket: BucketIdentity;
  /** In order of revision. */
  readonly appended: Appended[] = [];
  readonly #records: WritableRecords;
  readonly #state: State;
  readonly #now: number;
  /** As they will be; undefined: no entry is left. */
  readonly #heads = new Map<string, Head | undefined>();
  readonly #changedHeads = new Set<string>();
  /** Log records to write and to remove: an entry that comes and goes within the batch is in neither. */
  readonly #logged = new Map<number, Buffer>();
  readonly #unlogged = new Set<number>();
  #changed = false;

  constructor(bucket: BucketIdentity, state: State, context: { records: WritableRecords; now: number }) {
    this.bucket = bucket;
    this.#state = state;
    this.#records = context.records;
    this.#now = context.now;
  }

  get revision(): number {
    return this.#state.lastRevision;
  }

  /** The time of this batch, never before that of an earlier entry. */
  get now(): number {
    return Math.max(this.#now, this.#state.lastCreated);
  }

  /** What the key has now; entries older than the bucket's ttl are no longer there. */
  head(key: string): Head | undefined {
    if (this.#heads.has(key)) return this.#heads.get(key);
    const bytes = this.#records.get(headKey(this.bucket.id, key));
    const head = bytes && decodeHead(bytes);
    this.#heads.set(key, head);
    if (!head || !this.bucket.isExpired(head.current.created, this.#now)) return head;
    this.drop(key, Number.POSITIVE_INFINITY);
    return undefined;
  }

  /** The bytes of an entry's log record, also of one that this batch wrote. */
  logRecord(revision: number): Buffer | undefined {
    if (this.#unlogged.has(revision)) return undefined;
    return this.#logged.get(revision) ?? this.#records.get(logKey(this.bucket.id, revision));
  }

  /** Adds an entry and lets go of those beyond the history. @returns its revision @throws BUCKET_FULL */
  append(key: string, operation: Operation, payload: Payload): number {
    const before = versionsOf(this.head(key));
    const kept = operation === "PURGE" ? 0 : this.bucket.config.history - 1;
    const dropped = before.splice(0, Math.max(0, before.length - kept));
    const size = sizeOf(key, payload.stored.length);
    this.#makeRoom(size - total(dropped), key);
    for (const version of dropped) this.#forget(version);
    const revision = ++this.#state.lastRevision;
    const created = this.now;
    this.#state.lastCreated = created;
    this.#state.values++;
    this.#state.bytes += size;
    this.#logged.set(
      revision,
      encodeLog({
        operation,
        created,
        deadline: 0,
        key,
        stored: payload.stored,
        compressed: payload.compressed,
      }),
    );
    const length = payload.value.length;
    const inline = length <= largestInline ? payload.value : undefined;
    this.#setHead(key, {
      current: { revision, size, operation, created, deadline: 0, length, inline },
      older: before,
    });
    this.appended.push({ revision, key, operation, created, value: payload.value });
    return revision;
  }

  /** Removes the key's entries up to a revision, without a trace. @returns how many */
  drop(key: string, upTo: number): number {
    const head = this.head(key);
    if (!head) return 0;
    const dropped = versionsOf(head).filter((version) => version.revision <= upTo);
    for (const version of dropped) this.#forget(version);
    const older = head.older.filter((version) => version.revision > upTo);
    if (dropped.length > 0) {
      this.#setHead(key, head.current.revision <= upTo ? undefined : { current: head.current, older });
    }
    return dropped.length;
  }

  /** Writes everything; afterwards a scan of the records sees it, and the changes go on. */
  flush(): void {
    if (!this.#changed) return;
    this.#changed = false;
    const { id } = this.bucket;
    for (const revision of this.#unlogged) this.#records.remove(logKey(id, revision));
    for (const [revision, bytes] of this.#logged) this.#records.put(logKey(id, revision), bytes);
    for (const key of this.#changedHeads) {
      const head = this.#heads.get(key);
      if (head) this.#records.put(headKey(id, key), encodeHead(head));
      else this.#records.remove(headKey(id, key));
    }
    this.#records.put(stateKey(id), encodeState(this.#state));
    this.#unlogged.clear();
    this.#logged.clear();
    this.#changedHeads.clear();
  }

  #makeRoom(more: number, key: string): void {
    const { maxBytes } = this.bucket.config;
    if (maxBytes === -1 || more <= 0 || this.#state.bytes + more <= maxBytes) return;
    throw new MachinistError(
      "BUCKET_FULL",
      `bucket ${this.bucket.name} is full: ${key} needs ${more} bytes, ${this.#state.bytes} of ${maxBytes} are used; ` +
        "remove entries (purge, empty) or make the bucket with a higher maxBytes",
      { details: { bucket: this.bucket.name, key, bytes: this.#state.bytes, maxBytes } },
    );
  }

  #forget({ revision, size }: Version): void {
    this.#state.values--;
    this.#state.bytes -= size;
    if (!this.#logged.delete(revision)) this.#unlogged.add(revision);
  }

  #setHead(key: string, head: Head | undefined): void {
    this.#heads.set(key, head);
    this.#changedHeads.add(key);
    this.#changed = true;
  }
}

function versionsOf(head: Head | undefined): Version[] {
  return head ? [...head.older, { revision: head.current.revision, size: head.current.size }] : [];
}

function total(versions: readonly Version[]): number {
  let sum = 0;
  for (const version of versions) sum += version.size;
  return sum;
}
