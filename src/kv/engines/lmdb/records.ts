/**
 * How the values of the LMDB database are written. Every one starts with a byte other than 1: lmdb-js takes a value that
 * starts with 1 1 1 for an instruction to patch a timestamp into it.
 */
import { isJsonObject } from "../../../lib/json.ts";
import { checkBucketConfig } from "../../config.ts";
import type { BucketConfig, Operation } from "../../store.ts";
import { checksumOf } from "./integrity/checksum.ts";
import { firstCheckedLayout, layoutVersion, metaKey } from "./layout.ts";

/** What a bucket is. One made again under the same name gets another id. */
export interface BucketRecord {
  readonly id: number;
  /** How often the configuration was changed. */
  readonly edits: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly config: BucketConfig;
}

export function encodeBucket(record: BucketRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

export function decodeBucket(bytes: Buffer): BucketRecord {
  const record: unknown = JSON.parse(textOf(bytes));
  if (!isJsonObject(record) || !isJsonObject(record["config"])) throw new Error("malformed bucket record");
  return {
    id: Number(record["id"]),
    // Absent in those of a machinist that could change nothing.
    edits: Number(record["edits"] ?? 0),
    created: Number(record["created"]),
    config: checkBucketConfig(record["config"]),
  };
}

export function isBucketRecord(bytes: Buffer): boolean {
  try {
    const { id, created } = decodeBucket(bytes);
    return Number.isSafeInteger(id) && Number.isSafeInteger(created);
  } catch {
    return false;
  }
}

export interface Meta {
  readonly layout: number;
  readonly nextBucketId: number;
}

/** Text whatever the layout, so that an older machinist can tell that it does not know this one. */
export function encodeMeta(meta: Meta): Buffer {
  return Buffer.from(JSON.stringify({ ...meta, checksum: checksumOfMeta(meta) }));
}

/** @returns undefined when these are not the bytes of a meta record, or are damaged */
export function decodeMeta(bytes: Buffer): Meta | undefined {
  try {
    const found: unknown = JSON.parse(textOf(bytes));
    if (!isJsonObject(found) || typeof found["layout"] !== "number") return undefined;
    const meta = { layout: found["layout"], nextBucketId: Number(found["nextBucketId"]) };
    if (meta.layout < firstCheckedLayout && Object.keys(found).length === 2) return meta;
    return meta.layout > layoutVersion || found["checksum"] === checksumOfMeta(meta) ? meta : undefined;
  } catch {
    return undefined;
  }
}

function checksumOfMeta({ layout, nextBucketId }: Meta): number {
  const content = Buffer.from(JSON.stringify([layout, nextBucketId]));
  return checksumOf(metaKey, content, content.length);
}

/** What changes with every write to a bucket. */
export interface State {
  lastRevision: number;
  /** Retained entries. */
  values: number;
  bytes: number;
  /** `created` of the newest entry: later ones are never earlier. */
  lastCreated: number;
  /** As in the BucketRecord: tells those who know an earlier configuration that there is another. */
  edits: number;
}

const stateMark = 0x30;
/** Those of a machinist that could change nothing end there. */
const editsAt = 25;

export function encodeState(state: State): Buffer {
  const bytes = Buffer.allocUnsafe(editsAt + 4);
  bytes[0] = stateMark;
  writeUint48(bytes, state.lastRevision, 1);
  writeUint48(bytes, state.values, 7);
  writeUint48(bytes, state.bytes, 13);
  writeUint48(bytes, state.lastCreated, 19);
  bytes.writeUInt32BE(state.edits, editsAt);
  return bytes;
}

export function decodeState(bytes: Buffer): State {
  return {
    lastRevision: readUint48(bytes, 1),
    values: readUint48(bytes, 7),
    bytes: readUint48(bytes, 13),
    lastCreated: readUint48(bytes, 19),
    edits: bytes.length > editsAt ? bytes.readUInt32BE(editsAt) : 0,
  };
}

export function isState(bytes: Buffer): boolean {
  return bytes[0] === stateMark && (bytes.length === editsAt || bytes.length === editsAt + 4);
}

/** A retained entry as its key's head knows it; `size` is what it counts in the bucket's bytes. */
export interface Version {
  readonly revision: number;
  readonly size: number;
  /** When its own life is over, in ms since 1970; 0: it has none, and ends by its bucket's ttl if there is one. */
  readonly deadline: number;
}

export interface Current extends Version {
  readonly operation: Operation;
  readonly created: number;
  /** Of the value, in bytes. */
  readonly length: number;
}

/** The newest entry of a key, and which older ones are still there (ascending). */
export interface Head {
  readonly current: Current;
  readonly older: readonly Version[];
}

/** Values up to this size are kept in the head as well as in the log. */
export const largestInline = 512;

const headMark = 0x20;
const inlineFlag = 0x04;
/** Some older version has a deadline, so that each is written with its own. */
const deadlinesFlag = 0x08;
const headFixed = 28;
const versionBytes = 10;
const deadlineBytes = 6;
const operations: readonly Operation[] = ["PUT", "DEL", "PURGE"];

/** With `inline`, the newest value itself when it is small, `get` needs one look-up. */
export function encodeHead({ current, older }: Head, inline: Uint8Array | undefined): Buffer {
  const withDeadlines = older.some(({ deadline }) => deadline > 0);
  const step = withDeadlines ? versionBytes + deadlineBytes : versionBytes;
  const olderEnd = headFixed + older.length * step;
  const bytes = Buffer.allocUnsafe(olderEnd + (inline?.length ?? 0));
  const flags = (inline ? inlineFlag : 0) | (withDeadlines ? deadlinesFlag : 0);
  bytes[0] = headMark | operations.indexOf(current.operation) | flags;
  writeUint48(bytes, current.revision, 1);
  writeUint48(bytes, current.created, 7);
  writeUint48(bytes, current.deadline, 13);
  bytes.writeUInt32BE(current.length, 19);
  bytes.writeUInt32BE(current.size, 23);
  bytes[27] = older.length;
  let at = headFixed;
  for (const version of older) {
    writeUint48(bytes, version.revision, at);
    bytes.writeUInt32BE(version.size, at + 6);
    if (withDeadlines) writeUint48(bytes, version.deadline, at + versionBytes);
    at += step;
  }
  if (inline) bytes.set(inline, olderEnd);
  return bytes;
}

/** Its parts fill it exactly. */
export function isHead(bytes: Buffer): boolean {
  const { length } = bytes;
  if (length < headFixed || !isMarked(bytes, headMark)) return false;
  const olderEnd = olderEndOf(bytes);
  return length === (hasInline(bytes) ? olderEnd + bytes.readUInt32BE(19) : olderEnd);
}

/** The parts keep nothing of `bytes`: LMDB reuses the buffer for the next read. */
export function decodeHead(bytes: Buffer): Head {
  const older: Version[] = [];
  const count = bytes[27] ?? 0;
  const step = versionStep(bytes);
  for (let index = 0, at = headFixed; index < count; index++, at += step) {
    const deadline = step > versionBytes ? readUint48(bytes, at + versionBytes) : 0;
    older.push({ revision: readUint48(bytes, at), size: bytes.readUInt32BE(at + 6), deadline });
  }
  return { current: decodeCurrent(bytes), older };
}

/** As decodeHead, without the older versions: all that `get` needs besides the value. */
export function decodeCurrent(bytes: Buffer): Current {
  return {
    revision: readUint48(bytes, 1),
    size: bytes.readUInt32BE(23),
    deadline: readUint48(bytes, 13),
    operation: operationOf(bytes[0] ?? 0),
    created: readUint48(bytes, 7),
    length: bytes.readUInt32BE(19),
  };
}

/** A copy of the newest value, when it is in the head. */
export function decodeInline(bytes: Buffer): Uint8Array | undefined {
  if (!hasInline(bytes)) return undefined;
  const start = olderEndOf(bytes);
  return copyOf(bytes, start, start + bytes.readUInt32BE(19));
}

function hasInline(bytes: Buffer): boolean {
  return ((bytes[0] ?? 0) & inlineFlag) !== 0;
}

function olderEndOf(bytes: Buffer): number {
  return headFixed + (bytes[27] ?? 0) * versionStep(bytes);
}

function versionStep(bytes: Buffer): number {
  return (bytes[0] ?? 0) & deadlinesFlag ? versionBytes + deadlineBytes : versionBytes;
}

const trimMark = 0x40;

/** How far the removal has come: everything up to this key is done. */
export function encodeTrim(after: string): Buffer {
  return Buffer.concat([Buffer.from([trimMark]), Buffer.from(after, "latin1")]);
}

export function decodeTrim(bytes: Buffer): string {
  return bytes.toString("latin1", 1, bytes.length);
}

export function isTrim(bytes: Buffer): boolean {
  return bytes[0] === trimMark;
}

/** One entry, whole. */
export interface LogRecord {
  readonly operation: Operation;
  readonly created: number;
  readonly deadline: number;
  readonly key: string;
  /** The value as it is stored: compressed when `compressed`. */
  readonly stored: Uint8Array;
  readonly compressed: boolean;
}

const logMark = 0x10;
const compressedFlag = 0x04;
const logFixed = 15;

/** What an entry counts in the bucket's bytes. */
export function sizeOf(key: string, storedLength: number): number {
  return logFixed + key.length + storedLength;
}

export function encodeLog(record: LogRecord): Buffer {
  const keyEnd = logFixed + record.key.length;
  const bytes = Buffer.allocUnsafe(keyEnd + record.stored.length);
  bytes[0] = logMark | operations.indexOf(record.operation) | (record.compressed ? compressedFlag : 0);
  writeUint48(bytes, record.created, 1);
  writeUint48(bytes, record.deadline, 7);
  bytes.writeUInt16BE(record.key.length, 13);
  bytes.write(record.key, logFixed, "latin1");
  bytes.set(record.stored, keyEnd);
  return bytes;
}

/** Its key lies within it. */
export function isLog(bytes: Buffer): boolean {
  const { length } = bytes;
  return length >= logFixed && isMarked(bytes, logMark) && logFixed + bytes.readUInt16BE(13) <= length;
}

/** `stored` is a copy: LMDB reuses the buffer for the next read. */
export function decodeLog(bytes: Buffer): LogRecord {
  const mark = bytes[0] ?? 0;
  const keyEnd = logFixed + bytes.readUInt16BE(13);
  return {
    operation: operationOf(mark),
    created: readUint48(bytes, 1),
    deadline: readUint48(bytes, 7),
    key: bytes.toString("latin1", logFixed, keyEnd),
    stored: copyOf(bytes, keyEnd, bytes.length),
    compressed: (mark & compressedFlag) !== 0,
  };
}

/** By hand: writeUIntBE checks the value and the place, which each put would pay for several times. */
function writeUint48(bytes: Buffer, value: number, at: number): void {
  bytes[at] = value / 0x100_0000_0000;
  bytes[at + 1] = value / 0x1_0000_0000;
  bytes[at + 2] = value >>> 24;
  bytes[at + 3] = value >>> 16;
  bytes[at + 4] = value >>> 8;
  bytes[at + 5] = value;
}

/** @throws RangeError when the bytes end before */
function readUint48(bytes: Buffer, at: number): number {
  return bytes.readUInt16BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 2);
}

/** Its kind is in the upper half of the first byte, its operation in the two lowest bits. */
function isMarked(bytes: Buffer, kind: number): boolean {
  const mark = bytes[0] ?? 0;
  return (mark & 0xf0) === kind && (mark & 0x03) < operations.length;
}

function operationOf(mark: number): Operation {
  const operation = operations[mark & 0x03];
  if (!operation) throw new Error("malformed entry record");
  return operation;
}

/** LMDB's buffer is longer than the `length` that it shows, so the end must be told. */
function textOf(bytes: Buffer): string {
  return bytes.toString("utf8", 0, bytes.length);
}

function copyOf(bytes: Buffer, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}
