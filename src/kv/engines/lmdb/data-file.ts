/**
 * Checks LMDB's data file before LMDB opens it: on a damaged or missing page lmdb-js may end the process (SIGSEGV, SIGBUS,
 * SIGABRT), or find nothing where something is stored. Checks the pages; records have their own checksums.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { Fault, PageMap, pageHeader, type Tree, TreeCheck } from "./integrity/tree-check.ts";

/** Offsets in lmdb-js' file format: meta after the page's header; little-endian. */
const metaBytes = 160;
const magic = 0xbeefc0de;
const formatVersion = 2;
const metaFlag = 0x08;
const firstTree = 48;
const treeBytes = 48;
/** In a file up to this size all leaves are read; in a larger one only their headers, unless everything is asked for. */
const smallFile = 67_108_864;

export interface DataFileCheck {
  /** Read every page whatever the size. */
  readonly everything?: boolean;
}

/** @returns what is wrong with it in a few words @throws what the file system says when it may not be read and written */
export function faultOfDataFile(path: string, options: DataFileCheck = {}): string | undefined {
  const file = openSync(path, "r+");
  try {
    // Another process that is just making it has written nothing yet.
    if (fstatSync(file).size === 0) return undefined;
    // Another process may commit meanwhile; what was read then is judged again.
    for (;;) {
      const before = metaBytesOf(file);
      const fault = faultOf(file, options.everything ?? false);
      if (fault === undefined || metaBytesOf(file).equals(before)) return fault;
    }
  } finally {
    closeSync(file);
  }
}

interface Meta {
  readonly pageSize: number;
  /** Of free pages, and of records. */
  readonly trees: readonly [Tree, Tree];
  readonly lastPage: number;
  readonly transaction: bigint;
  readonly mapSize: bigint;
  /** What never changes. */
  readonly constants: string;
}

function faultOf(file: number, everything: boolean): string | undefined {
  try {
    const { trees, pageSize, lastPage } = newestMeta(file);
    const { size } = fstatSync(file);
    const source = { file, pageSize, pages: Math.floor(size / pageSize), limit: lastPage + 1 };
    const map = new PageMap(source.limit);
    const [free, records] = trees;
    const lists: Buffer[] = [];
    const visit = (value: () => Buffer): void => void lists.push(value());
    new TreeCheck(source, map, { withLeaves: true, compare: compareNumbers, visit }).run(free);
    const withLeaves = everything || size <= smallFile;
    new TreeCheck(source, map, { withLeaves, compare: Buffer.compare }).run(records);
    for (const list of lists) markFree(list, map);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}

/** Keys of the tree of free pages: ids of transactions. */
function compareNumbers(left: Buffer, right: Buffer): number {
  if (left.length !== 8 || right.length !== 8) throw new Fault("its list of free pages is unreadable");
  const [one, other] = [left.readBigUInt64LE(), right.readBigUInt64LE()];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** A list: how many words follow; then 0 (nothing), a page, or a negative count and the first of so many pages. */
function markFree(list: Buffer, map: PageMap): void {
  const words = list.length / 8 - 1;
  const count = list.length >= 8 ? Number(list.readBigUInt64LE(0)) : -1;
  if (count < 0 || count > words) throw new Fault("its list of free pages is unreadable");
  for (let index = 1; index <= count; index++) {
    const word = Number(list.readBigInt64LE(index * 8));
    if (word > 0) map.use(word);
    if (word >= 0) continue;
    index++;
    if (index > count) throw new Fault("its list of free pages is unreadable");
    map.use(Number(list.readBigInt64LE(index * 8)), -word);
  }
}

function newestMeta(file: number): Meta {
  const first = metaAt(file, 0, 0);
  const second = metaAt(file, 1, first.pageSize);
  if (first.constants !== second.constants) throw new Fault("its first two pages contradict each other");
  const [older, newer] = second.transaction > first.transaction ? [first, second] : [second, first];
  // Each commit writes the page of the commit before the last one; a copy begins with an odd number beside an empty page.
  const isNew = newer.transaction === 0n;
  const isNext = newer.transaction === older.transaction + 1n;
  const isCopy = older.transaction === 0n && older.trees.every(({ root }) => root === undefined);
  const isInPlace = (newer === second) === (newer.transaction % 2n === 1n);
  if (!isNew && !((isNext || isCopy) && isInPlace))
    throw new Fault("its first two pages contradict each other");
  // The pages of a copy are all of its first transaction.
  if (!isNew && !isCopy) checkTransactions(file, older, newer);
  return newer;
}

/**
 * A commit writes the root of a tree again, and every page names the transaction that wrote it. So a damaged number of a
 * transaction, which would bring the commit before the last one back, does not fit the roots.
 */
function checkTransactions(file: number, older: Meta, newer: Meta): void {
  const lastWrite = transactionOfRoots(file, newer);
  const isWrong = lastWrite !== undefined && lastWrite !== newer.transaction;
  if (isWrong || (transactionOfRoots(file, older) ?? 0n) > newer.transaction)
    throw new Fault("its first two pages contradict the others");
}

/** @returns undefined when the file has no roots to tell */
function transactionOfRoots(file: number, { trees, pageSize }: Meta): bigint | undefined {
  let last: bigint | undefined;
  const header = Buffer.alloc(16);
  for (const { root } of trees) {
    if (root === undefined || readSync(file, header, 0, 16, root * pageSize) < 16) continue;
    const transaction = header.readBigUInt64LE(8);
    if (last === undefined || transaction > last) last = transaction;
  }
  return last;
}

function metaAt(file: number, page: number, position: number): Meta {
  const bytes = Buffer.alloc(metaBytes);
  const isComplete = readSync(file, bytes, 0, metaBytes, position) === metaBytes;
  const pageSize = bytes.readUInt32LE(firstTree);
  const isMeta =
    bytes.readBigUInt64LE(0) === BigInt(page) &&
    bytes.readUInt16LE(18) === metaFlag &&
    bytes.readUInt32LE(pageHeader) === magic &&
    bytes.readUInt32LE(28) === formatVersion &&
    pageSize >= 512 &&
    pageSize <= 65_536;
  if (!isComplete || !isMeta) throw new Fault("its first pages are not those of LMDB");
  const meta = {
    pageSize,
    trees: [treeIn(bytes, firstTree), treeIn(bytes, firstTree + treeBytes)] as const,
    lastPage: Number(bytes.readBigUInt64LE(144)),
    transaction: bytes.readBigUInt64LE(152),
    mapSize: bytes.readBigUInt64LE(40),
    constants:
      bytes.toString("hex", pageHeader, 40) +
      bytes.toString("hex", firstTree, 54) +
      bytes.toString("hex", 96, 102),
  };
  const isPossible = meta.lastPage >= 1 && meta.lastPage < 0x1_0000_0000;
  if (!isPossible) throw new Fault("its first pages are not those of LMDB");
  return meta;
}

const noRoot = 0xffff_ffff_ffff_ffffn;

function treeIn(bytes: Buffer, at: number): Tree {
  const root = bytes.readBigUInt64LE(at + 40);
  const numberAt = (offset: number): number => Number(bytes.readBigUInt64LE(at + offset));
  return {
    depth: bytes.readUInt16LE(at + 6),
    branchPages: numberAt(8),
    leafPages: numberAt(16),
    overflowPages: numberAt(24),
    entries: numberAt(32),
    root: root === noRoot ? undefined : Number(root),
  };
}

function metaBytesOf(file: number): Buffer {
  const bytes = Buffer.alloc(2 * 65_536);
  const pageSize = 16_384;
  readSync(file, bytes, 0, metaBytes, 0);
  readSync(file, bytes, metaBytes, metaBytes, pageSize);
  return bytes.subarray(0, 2 * metaBytes);
}
