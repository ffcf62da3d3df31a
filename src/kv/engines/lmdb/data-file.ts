/**
 * Whether LMDB's data file is whole, before LMDB is let near it: lmdb-js ends the process (SIGSEGV) when it cannot open a
 * file, and LMDB maps the file into memory, so that a part that is missing ends it with SIGBUS. A file may be shorter than it says when its last pages were never written, so a short one
 * is walked through: only a page that is in use and missing is a fault.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Offsets in lmdb-js' file format: page header 24 bytes; meta after it; little-endian. */
const pageHeader = 24;
const metaBytes = 160;
const magic = 0xbeefc0de;
const formatVersion = 2;
const branch = 0x01;
const leaf = 0x02;
const onOverflowPages = 0x01;

/** @returns what is wrong with it in a few words @throws what the file system says when it may not be read and written */
export function faultOfDataFile(path: string): string | undefined {
  const file = openSync(path, "r+");
  try {
    // Another process that is just making it has written nothing yet.
    if (fstatSync(file).size === 0) return undefined;
    // Another process may commit meanwhile; what was read then is judged again.
    for (;;) {
      const meta = newestMeta(file);
      if (!meta) return "its first pages are not those of LMDB";
      const fault = faultOf(file, meta);
      if (fault === undefined || newestMeta(file)?.transaction === meta.transaction) return fault;
    }
  } finally {
    closeSync(file);
  }
}

interface Meta {
  readonly pageSize: number;
  readonly roots: readonly bigint[];
  readonly lastPage: number;
  readonly transaction: bigint;
}

function newestMeta(file: number): Meta | undefined {
  const first = metaAt(file, 0);
  const second = first && metaAt(file, first.pageSize);
  if (!first || !second) return undefined;
  return second.transaction > first.transaction ? second : first;
}

function metaAt(file: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(metaBytes);
  if (readSync(file, bytes, 0, metaBytes, position) < metaBytes) return undefined;
  if (bytes.readUInt32LE(pageHeader) !== magic || bytes.readUInt32LE(28) !== formatVersion) return undefined;
  return {
    pageSize: bytes.readUInt32LE(48),
    roots: [bytes.readBigUInt64LE(88), bytes.readBigUInt64LE(136)],
    lastPage: Number(bytes.readBigUInt64LE(144)),
    transaction: bytes.readBigUInt64LE(152),
  };
}

const noRoot = 0xffff_ffff_ffff_ffffn;

function faultOf(file: number, { pageSize, roots, lastPage }: Meta): string | undefined {
  const pages = Math.floor(fstatSync(file).size / pageSize);
  if (pages > lastPage) return undefined;
  const waiting = roots.filter((root) => root !== noRoot).map(Number);
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    if (page >= pages) return `it is cut short: page ${page} is in use, but the file has only ${pages}`;
    const bytes = Buffer.alloc(pageSize);
    readSync(file, bytes, 0, pageSize, page * pageSize);
    waiting.push(...pagesNamedIn(bytes));
  }
  return undefined;
}

/** The pages that a page refers to: below a branch, or holding a leaf's large values (the last of each run). */
function pagesNamedIn(page: Buffer): number[] {
  const flags = page.readUInt16LE(18);
  if ((flags & (branch | leaf)) === 0) return [];
  const named: number[] = [];
  const nodes = page.readUInt16LE(20) >> 1;
  for (let index = 0; index < nodes; index++) {
    const node = pageHeader + page.readUInt16LE(pageHeader + index * 2);
    const low = page.readUInt16LE(node) + page.readUInt16LE(node + 2) * 0x1_0000;
    const nodeFlags = page.readUInt16LE(node + 4);
    if (flags & branch) {
      named.push(low + nodeFlags * 0x1_0000_0000);
    } else if (nodeFlags & onOverflowPages) {
      const first = Number(page.readBigUInt64LE(node + 8 + page.readUInt16LE(node + 6)));
      named.push(first + Math.floor((pageHeader - 1 + low) / page.length));
    }
  }
  return named;
}
