/**
 * One file that a command writes, kept within a limit while it is written. A command holds it open for appending, so that it can be
 * emptied under the command. A file that grew too large becomes three: `FILE.head` (its first half), `FILE.tail` (a line that says how
 * much was cut, and what came last before the file was emptied) and FILE (what came since); in this order they are the output.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from "node:fs";

/** How far back or ahead a cut may move to fall between two lines. */
const longestShift = 4096;

/** How often the tail is read again because the command goes on writing meanwhile. */
const mostAttempts = 4;

export class OutputFile {
  readonly path: string;
  readonly #limit: number;
  #lastSize = 0;

  /** @param limit bytes that its three parts may take together */
  constructor(path: string, limit: number) {
    this.path = path;
    this.#limit = limit;
  }

  /** Cuts it when it is too large. @returns whether it has changed since the last time */
  check(): boolean {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    const changed = size !== this.#lastSize;
    this.#lastSize = size;
    if (size <= this.#limit / 4) return changed;
    const hasHead = existsSync(headOf(this.path));
    if (!hasHead && size <= this.#limit) return changed;
    this.#cut(hasHead);
    this.#lastSize = 0;
    return true;
  }

  #cut(hasHead: boolean): void {
    const descriptor = openSync(this.path, "r+");
    try {
      this.#keepParts(descriptor, hasHead);
    } finally {
      // Also when the parts could not be written: a full disk must not grow fuller.
      ftruncateSync(descriptor, 0);
      closeSync(descriptor);
    }
  }

  #keepParts(descriptor: number, hasHead: boolean): void {
    const head = hasHead ? undefined : untilLineEnd(readAt(descriptor, 0, Math.floor(this.#limit / 2)));
    if (head) writePart(headOf(this.path), head);
    const before = readTail(this.path);
    let seen = -1;
    // What is written from here until the file is emptied is lost: a command that has just ended must not lose its last words.
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const { size } = fstatSync(descriptor);
      if (size === seen) return;
      seen = size;
      const start = Math.max(size - Math.floor(this.#limit / 4), head?.length ?? 0);
      const tail = fromLineStart(readAt(descriptor, start, size - start));
      const cut = before.cut + before.kept + size - (head?.length ?? 0) - tail.length;
      writePart(tailOf(this.path), Buffer.concat([Buffer.from(markerOf(cut)), tail]));
    }
  }
}

/** What a run wrote to one file: all its parts, in order. */
export function readOutput(path: string): Buffer {
  return Buffer.concat([headOf(path), tailOf(path), path].map(readPart));
}

/** Whether nothing of it was cut. */
export function isWhole(path: string): boolean {
  return !existsSync(headOf(path));
}

/** A text without the rest of a character whose beginning is missing. */
export function textOf(bytes: Buffer): string {
  return bytes.toString("utf8", startOfCharacter(bytes));
}

function headOf(path: string): string {
  return `${path}.head`;
}

function tailOf(path: string): string {
  return `${path}.tail`;
}

function markerOf(cut: number): string {
  return `\n[machinist: ${cut} bytes cut here]\n`;
}

function readTail(path: string): { cut: number; kept: number } {
  const tail = readPart(tailOf(path));
  const marker = /^\n\[machinist: (\d+) bytes cut here\]\n/.exec(tail.toString("latin1", 0, 80));
  return marker ? { cut: Number(marker[1]), kept: tail.length - marker[0].length } : { cut: 0, kept: 0 };
}

function readPart(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

function writePart(path: string, bytes: Buffer): void {
  writeFileSync(path, bytes, { mode: 0o600 });
}

function readAt(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(Math.max(length, 0));
  return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, position));
}

function untilLineEnd(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf("\n");
  if (end >= bytes.length - longestShift && end >= 0) return bytes.subarray(0, end + 1);
  return bytes.subarray(0, endOfCharacters(bytes));
}

function fromLineStart(bytes: Buffer): Buffer {
  const end = bytes.indexOf("\n");
  return bytes.subarray(end >= 0 && end < longestShift ? end + 1 : startOfCharacter(bytes));
}

/** At most three bytes 10xxxxxx are the rest of a character. */
function startOfCharacter(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start += 1;
  return start;
}

/** Without the beginning of a character whose rest is missing. */
function endOfCharacters(bytes: Buffer): number {
  let lead = bytes.length - 1;
  while (lead > bytes.length - 4 && isContinuation(bytes[lead])) lead -= 1;
  const first = bytes[lead] ?? 0;
  const needed = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return lead + needed > bytes.length ? Math.max(lead, 0) : bytes.length;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
}
