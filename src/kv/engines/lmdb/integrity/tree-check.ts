/**
 * Checks the B-trees in an LMDB data file without LMDB, which may end the process on a damaged page. Reads pages from the file
 * and throws a Fault at the first thing that is wrong.
 */
import { readSync } from "node:fs";

/** Thrown with a few words that continue "data.mdb is damaged, …". */
export class Fault extends Error {}

/** Offsets in lmdb-js' file format, little-endian. Offsets of nodes count from the end of the page's header. */
export const pageHeader = 24;
const nodeHeader = 8;
const branch = 0x01;
const leaf = 0x02;
const overflow = 0x04;
const onOverflowPages = 0x01;
/** First page of the run, transaction, length of the run. */
const overflowReference = 24;

/** What a meta page says about a tree. */
export interface Tree {
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** undefined: the tree is empty. */
  readonly root: number | undefined;
}

export interface PageFile {
  readonly file: number;
  readonly pageSize: number;
  /** Pages that the file has. */
  readonly pages: number;
  /** Pages that may be in use. */
  readonly limit: number;
}

export interface TreeCheckOptions {
  /** False: of leaves only the headers are read. */
  readonly withLeaves: boolean;
  compare(left: Buffer, right: Buffer): number;
  /** Called for each value of a leaf, with a reader for its bytes. */
  readonly visit?: (value: () => Buffer) => void;
}

interface Subtree {
  readonly page: number;
  readonly depth: number;
  /** Keys of the subtree: from `low` on, below `high`. */
  readonly low: Buffer | undefined;
  readonly high: Buffer | undefined;
}

interface Node {
  readonly key: Buffer;
  readonly low: number;
  readonly flags: number;
  /** Where the node's data begins. */
  readonly dataAt: number;
}

/** Marks pages as used; each may be used once. */
export class PageMap {
  readonly #used: Uint8Array;

  constructor(limit: number) {
    this.#used = new Uint8Array(limit);
    this.#used.fill(1, 0, 2);
  }

  use(page: number, count = 1): void {
    if (count > this.#used.length) throw new Fault(`${count} pages are in use from page ${page} on`);
    for (let each = page; each < page + count; each++) {
      if (!Number.isSafeInteger(each) || each < 0 || each >= this.#used.length) {
        throw new Fault(`page ${each} is in use, but the last page is ${this.#used.length - 1}`);
      }
      if (this.#used[each]) throw new Fault(`page ${each} is used twice`);
      this.#used[each] = 1;
    }
  }
}

export class TreeCheck {
  readonly #source: PageFile;
  readonly #map: PageMap;
  readonly #options: TreeCheckOptions;
  #branchPages = 0;
  #leafPages = 0;
  #overflowPages = 0;
  #entries = 0;

  constructor(source: PageFile, map: PageMap, options: TreeCheckOptions) {
    this.#source = source;
    this.#map = map;
    this.#options = options;
  }

  /** @throws Fault */
  run(tree: Tree): void {
    const waiting: Subtree[] = [];
    if (tree.root !== undefined) waiting.push({ page: tree.root, depth: 1, low: undefined, high: undefined });
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      waiting.push(...this.#subtreesOf(next, next.depth === tree.depth));
    }
    if (tree.root === undefined && tree.depth !== 0) throw new Fault("a tree has a depth, but no pages");
    this.#expect("branch pages", this.#branchPages, tree.branchPages);
    this.#expect("leaf pages", this.#leafPages, tree.leafPages);
    if (!this.#options.withLeaves) return;
    this.#expect("overflow pages", this.#overflowPages, tree.overflowPages);
    this.#expect("records", this.#entries, tree.entries);
  }

  #expect(what: string, found: number, expected: number): void {
    if (found !== expected) throw new Fault(`it has ${found} ${what}; expected ${expected}`);
  }

  #subtreesOf(subtree: Subtree, isLeaf: boolean): Subtree[] {
    const { page } = subtree;
    this.#map.use(page);
    if (isLeaf) {
      this.#leafPages++;
      if (this.#options.withLeaves) this.#checkLeaf(subtree);
      else this.#read(page, pageHeader, leaf);
      return [];
    }
    this.#branchPages++;
    const bytes = this.#read(page, this.#source.pageSize, branch);
    const nodes = nodesOf(bytes, page, (node) => node.dataAt);
    if (nodes.length < 2) throw new Fault(`branch page ${page} has ${nodes.length} nodes`);
    // The key of the first node means nothing.
    this.#checkOrder({ ...subtree, low: undefined }, nodes.slice(1));
    return nodes.map(({ low, flags }, index) => ({
      page: low + flags * 0x1_0000_0000,
      depth: subtree.depth + 1,
      low: index === 0 ? subtree.low : nodes[index]?.key,
      high: nodes[index + 1]?.key ?? subtree.high,
    }));
  }

  #checkLeaf(subtree: Subtree): void {
    const { page } = subtree;
    const bytes = this.#read(page, this.#source.pageSize, leaf);
    const nodes = nodesOf(bytes, page, ({ dataAt, flags, low }) => {
      if (flags !== 0 && flags !== onOverflowPages) throw new Fault(`a node of page ${page} has wrong flags`);
      return dataAt + (flags === onOverflowPages ? overflowReference : low);
    });
    if (nodes.length === 0) throw new Fault(`leaf page ${page} is empty`);
    this.#checkOrder(subtree, nodes);
    this.#entries += nodes.length;
    for (const { dataAt, flags, low } of nodes) {
      if (flags === 0) {
        this.#options.visit?.(() => bytes.subarray(dataAt, dataAt + low));
        continue;
      }
      const first = Number(bytes.readBigUInt64LE(dataAt));
      this.#checkOverflow(first, low, Number(bytes.readBigUInt64LE(dataAt + 16)));
      this.#options.visit?.(() => this.#bytesAt(first, pageHeader, low));
    }
  }

  #checkOrder({ page, low, high }: Subtree, nodes: readonly Node[]): void {
    let before = low;
    let mayEqual = true;
    for (const { key } of nodes) {
      const order = before ? this.#options.compare(before, key) : -1;
      if (order > 0 || (order === 0 && !mayEqual))
        throw new Fault(`the keys of page ${page} are out of order`);
      before = key;
      mayEqual = false;
    }
    if (high && before && this.#options.compare(before, high) >= 0) {
      throw new Fault(`the keys of page ${page} are out of order`);
    }
  }

  /** A run may be longer than its value needs: the value was larger before. */
  #checkOverflow(first: number, length: number, run: number): void {
    const needed = Math.floor((pageHeader - 1 + length) / this.#source.pageSize) + 1;
    if (run < needed) throw new Fault(`page ${first} begins a run of wrong length`);
    this.#map.use(first, run);
    const header = this.#read(first, pageHeader, overflow);
    if (header.readUInt32LE(20) !== run) throw new Fault(`page ${first} begins a run of wrong length`);
    this.#checkPresent(first + needed - 1);
    this.#overflowPages += run;
  }

  /** The beginning of a page, which must be the page that belongs there. */
  #read(page: number, length: number, flags: number): Buffer {
    this.#checkPresent(page);
    const bytes = this.#bytesAt(page, 0, length);
    if (bytes.readBigUInt64LE(0) !== BigInt(page))
      throw new Fault(`another page is in the place of page ${page}`);
    if (bytes.readUInt16LE(18) !== flags) throw new Fault(`page ${page} is of the wrong kind`);
    return bytes;
  }

  #checkPresent(page: number): void {
    const { pages } = this.#source;
    if (page < pages) return;
    throw new Fault(`it is cut short: page ${page} is in use, but the file has only ${pages}`);
  }

  #bytesAt(page: number, offset: number, length: number): Buffer {
    const { file, pageSize } = this.#source;
    const bytes = Buffer.allocUnsafe(length);
    if (readSync(file, bytes, 0, length, page * pageSize + offset) < length) {
      throw new Fault(`it is cut short: page ${page} is in use`);
    }
    return bytes;
  }
}

/** The nodes of a page. Together they must fill its used part exactly. @param endOf where a node ends */
function nodesOf(bytes: Buffer, page: number, endOf: (node: Node) => number): Node[] {
  const lower = bytes.readUInt16LE(20);
  const upper = bytes.readUInt16LE(22);
  const broken = new Fault(`the nodes of page ${page} do not fit it`);
  if (lower % 2 !== 0 || lower > upper || pageHeader + upper > bytes.length) throw broken;
  const nodes: Node[] = [];
  const ranges: [start: number, end: number][] = [];
  for (let index = 0; index < lower / 2; index++) {
    const start = pageHeader + bytes.readUInt16LE(pageHeader + index * 2);
    const node = nodeAt(bytes, start);
    if (!node) throw broken;
    nodes.push(node);
    const end = endOf(node);
    ranges.push([start, end + (end % 2)]);
  }
  if (!fill(ranges, pageHeader + upper, bytes.length)) throw broken;
  return nodes;
}

/** @returns undefined when it does not fit the page */
function nodeAt(bytes: Buffer, start: number): Node | undefined {
  if (start + nodeHeader > bytes.length) return undefined;
  const dataAt = start + nodeHeader + bytes.readUInt16LE(start + 6);
  if (dataAt > bytes.length) return undefined;
  return {
    key: bytes.subarray(start + nodeHeader, dataAt),
    low: bytes.readUInt16LE(start) + bytes.readUInt16LE(start + 2) * 0x1_0000,
    flags: bytes.readUInt16LE(start + 4),
    dataAt,
  };
}

/** Whether ranges lie one beside the other from `start` to `end`. */
function fill(ranges: [start: number, end: number][], start: number, end: number): boolean {
  ranges.sort(([left], [right]) => left - right);
  let at = start;
  for (const [from, to] of ranges) {
    if (from !== at) return false;
    at = to;
  }
  return at === end;
}
