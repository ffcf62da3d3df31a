/**
 * How keys of the one LMDB database are built. First byte: what the record is; then, big-endian so that they sort, the
 * bucket's id (4 bytes) and a revision (6 bytes) or the key's text. What the records hold is in records.ts.
 */

/**
 * Written into the meta record with each bucket that is made or changed; a store with a higher one was made by a newer machinist and is refused.
 * 2: entries may end by themselves; who knows only 1 would show them beyond their end.
 * 3: the configuration of a bucket may change, which who knows only 2 would not notice.
 * 4: every record ends with a checksum (integrity/). A store of an earlier layout is converted when it is opened.
 */
export const layoutVersion = 4;
/** The first layout whose records have checksums. */
export const firstCheckedLayout = 4;

const tag = {
  meta: 1,
  /** name → BucketRecord */
  bucket: 2,
  /** bucket id → State. Its absence means: this bucket is gone. */
  state: 3,
  /** bucket id, key → Head */
  head: 4,
  /** bucket id, revision → LogRecord */
  log: 5,
  /**
   * bucket id, deadline (6 bytes), revision → nothing. Of entries with a life of their own; what only ages by its bucket's
   * ttl needs no index, because the log is in the order of `created`.
   */
  expiry: 6,
  /** bucket id → nothing: destroyed, its heads and log are still being removed. */
  destroyed: 7,
  /** name → TrimRecord: the history was lowered, and what is beyond it is still being removed. */
  trim: 8,
} as const;

const idBytes = 4;
const revisionBytes = 6;
const deadlineBytes = 6;
const headerBytes = 1 + idBytes;

export interface Range {
  readonly start: Buffer;
  /** Not part of the range. */
  readonly end: Buffer;
}

export const metaKey: Buffer = Buffer.from([tag.meta]);

export function bucketKey(name: string): Buffer {
  return Buffer.concat([Buffer.from([tag.bucket]), Buffer.from(name, "latin1")]);
}

/** Of a key that is made of a bucket's name. */
export function bucketNameOf(key: Uint8Array): string {
  return Buffer.from(key).toString("latin1", 1);
}

export const allBuckets: Range = { start: Buffer.from([tag.bucket]), end: Buffer.from([tag.bucket + 1]) };

export function stateKey(id: number): Buffer {
  return tagged(tag.state, id, 0);
}

export function destroyedKey(id: number): Buffer {
  return tagged(tag.destroyed, id, 0);
}

export const allDestroyed: Range = {
  start: Buffer.from([tag.destroyed]),
  end: Buffer.from([tag.destroyed + 1]),
};

export function destroyedIdOf(key: Uint8Array): number {
  return Buffer.from(key).readUInt32BE(1);
}

export function trimKey(name: string): Buffer {
  return Buffer.concat([Buffer.from([tag.trim]), Buffer.from(name, "latin1")]);
}

export const allTrims: Range = { start: Buffer.from([tag.trim]), end: Buffer.from([tag.trim + 1]) };

export function headKey(id: number, key: string): Buffer {
  const built = tagged(tag.head, id, key.length);
  built.write(key, headerBytes, "latin1");
  return built;
}

export function keyOfHead(headKey: Uint8Array): string {
  return bytesOf(headKey).toString("latin1", headerBytes);
}

/** All heads of a bucket; with `prefix` those whose key starts so; with `after` those beyond that key. */
export function headRange(id: number, prefix = "", after?: string): Range {
  const end = prefix === "" ? tagged(tag.head, id + 1, 0) : headKey(id, prefix);
  // The last character of a prefix is below 0x7f, so adding one gives the first text that no longer starts with it.
  if (prefix !== "") end[end.length - 1] = prefix.charCodeAt(prefix.length - 1) + 1;
  // No key contains the zero byte, so this is the least text beyond `after`.
  const start = after === undefined ? headKey(id, prefix) : headKey(id, `${after}\0`);
  return { start, end };
}

export function logKey(id: number, revision: number): Buffer {
  const built = tagged(tag.log, id, revisionBytes);
  built.writeUIntBE(revision, headerBytes, revisionBytes);
  return built;
}

export function revisionOfLog(logKey: Uint8Array): number {
  return bytesOf(logKey).readUIntBE(headerBytes, revisionBytes);
}

/** The log of a bucket from one revision to the end. */
export function logRange(id: number, fromRevision = 0): Range {
  return { start: logKey(id, fromRevision), end: tagged(tag.log, id + 1, 0) };
}

export function expiryKey(id: number, deadline: number, revision: number): Buffer {
  const built = tagged(tag.expiry, id, deadlineBytes + revisionBytes);
  built.writeUIntBE(deadline, headerBytes, deadlineBytes);
  built.writeUIntBE(revision, headerBytes + deadlineBytes, revisionBytes);
  return built;
}

/** The revisions of a bucket whose own life ends, soonest first; with `upTo` those that end by then, in ms since 1970. */
export function expiryRange(id: number, upTo?: number): Range {
  const end = upTo === undefined ? tagged(tag.expiry, id + 1, 0) : expiryKey(id, upTo + 1, 0);
  return { start: tagged(tag.expiry, id, 0), end };
}

export function deadlineOfExpiry(expiryKey: Uint8Array): number {
  return bytesOf(expiryKey).readUIntBE(headerBytes, deadlineBytes);
}

export function revisionOfExpiry(expiryKey: Uint8Array): number {
  return bytesOf(expiryKey).readUIntBE(headerBytes + deadlineBytes, revisionBytes);
}

export type RecordKind = keyof typeof tag;

/** @returns undefined for a key that is not one of ours */
export function kindOf(recordKey: Buffer): RecordKind | undefined {
  return (Object.keys(tag) as RecordKind[]).find((kind) => tag[kind] === recordKey[0]);
}

/** What the key of a record shows: the bucket by id or by name, the entry's key or its revision. */
export interface KeyParts {
  readonly id?: number;
  readonly name?: string;
  readonly key?: string;
  readonly revision?: number;
}

/** Takes any bytes, also those of a damaged key. */
export function partsOf(recordKey: Buffer): KeyParts {
  const [kind] = recordKey;
  if (kind === tag.bucket || kind === tag.trim) return { name: bucketNameOf(recordKey) };
  if (recordKey.length < headerBytes) return {};
  const id = recordKey.readUInt32BE(1);
  if (kind === tag.head) return { id, key: keyOfHead(recordKey) };
  if (kind === tag.log && recordKey.length === headerBytes + revisionBytes) {
    return { id, revision: revisionOfLog(recordKey) };
  }
  if (kind === tag.expiry && recordKey.length === headerBytes + deadlineBytes + revisionBytes) {
    return { id, revision: revisionOfExpiry(recordKey) };
  }
  return { id };
}

function bytesOf(key: Uint8Array): Buffer {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength);
}

function tagged(kind: number, id: number, more: number): Buffer {
  const built = Buffer.allocUnsafe(headerBytes + more);
  built[0] = kind;
  built.writeUInt32BE(id, 1);
  return built;
}
