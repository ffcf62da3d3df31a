/**
 * The checksums of a stored record, in the last eight bytes of what LMDB keeps: CRC-32 of its key, and CRC-32 of its key and
 * content. The key holds the bucket's id and the entry's key or revision, so a record that is read under another key does not
 * match. The first tells whether a record is in its place, whatever has become of its content.
 */
import { crc32 } from "node:zlib";

export const checksumBytes = 8;
const wholeBytes = 4;

/** Up to this length a loop is faster than a call of native code. */
const longestLoop = 256;

/** Shorter ones are read byte by byte: a view costs more. Keys are short. */
const leastViewed = 40;

const tables = makeTables();

/** @returns a new buffer: the content, then its checksums */
export function withChecksums(key: Buffer, content: Buffer): Buffer {
  const end = content.length;
  const record = Buffer.allocUnsafe(end + checksumBytes);
  record.set(content);
  record.writeUInt32BE(loop(key, key.length, 0), end);
  record.writeUInt32BE(checksumOf(key, record, end), end + wholeBytes);
  return record;
}

/** `length` is that of the whole record: LMDB's buffer may be longer. */
export function isIntact(key: Buffer, record: Buffer, length: number): boolean {
  const end = length - checksumBytes;
  return end >= 0 && record.readUInt32BE(length - wholeBytes) === checksumOf(key, record, end);
}

/** Whether the record was stored under this key. */
export function hasIntactKey(key: Buffer, record: Buffer): boolean {
  const end = record.length - checksumBytes;
  return end >= 0 && record.readUInt32BE(end) === loop(key, key.length, 0);
}

/** Of the first `length` bytes of the content. */
export function checksumOf(key: Buffer, content: Buffer, length: number): number {
  const start = loop(key, key.length, 0);
  return length <= longestLoop ? loop(content, length, start) : crc32(content.subarray(0, length), start);
}

/** The same as zlib's crc32, eight bytes at a time. */
function loop(bytes: Buffer, length: number, start: number): number {
  let sum = ~start;
  let at = 0;
  const view = length < leastViewed ? undefined : viewOf(bytes.buffer);
  const offset = bytes.byteOffset;
  for (; view && at + 8 <= length; at += 8) {
    const low = sum ^ view.getInt32(offset + at, true);
    const high = view.getInt32(offset + at + 4, true);
    sum =
      table(0x700 + (low & 0xff)) ^
      table(0x600 + ((low >>> 8) & 0xff)) ^
      table(0x500 + ((low >>> 16) & 0xff)) ^
      table(0x400 + (low >>> 24)) ^
      table(0x300 + (high & 0xff)) ^
      table(0x200 + ((high >>> 8) & 0xff)) ^
      table(0x100 + ((high >>> 16) & 0xff)) ^
      table(high >>> 24);
  }
  for (; at < length; at++) sum = table((sum ^ byteAt(bytes, at)) & 0xff) ^ (sum >>> 8);
  return ~sum >>> 0;
}

function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] as number;
}

let viewed: DataView | undefined;

/** The one of the last call: reads find all records in one buffer of LMDB. */
function viewOf(buffer: ArrayBufferLike): DataView {
  if (viewed?.buffer !== buffer) viewed = new DataView(buffer);
  return viewed;
}

function table(index: number): number {
  return tables[index] as number;
}

/** Eight tables of 256 words: of a byte, and of a byte with one to seven zero bytes after it. */
function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256);
  for (let index = 0; index < 256; index++) {
    let sum = index;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb8_8320 : sum >>> 1;
    made[index] = sum;
  }
  for (let index = 256; index < made.length; index++) {
    const before = made[index - 256] as number;
    made[index] = (before >>> 8) ^ (made[before & 0xff] as number);
  }
  return made;
}
