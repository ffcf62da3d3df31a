/** Reads an export: once to be sure that it is whole, then its entries. */
import { createHash } from "node:crypto";
import { MachinistError } from "../../lib/errors.ts";
import { type Header, LineFault, parseHeader, parseLine, type TransferEntry } from "./format.ts";
import { linesOf } from "./lines.ts";

/** Gives the bytes of an export from the beginning, as often as it is called. */
export type Source = () => AsyncIterable<Uint8Array>;

/** What an export says of itself, once it is known to be whole. */
export interface CheckedExport {
  readonly header: Header;
  readonly entries: number;
}

/** Reads it to its end. @throws BAD_VALUE naming line, found and expected; UNSUPPORTED for a newer format */
export async function checkExport(source: Source): Promise<CheckedExport> {
  const hash = createHash("sha256");
  let header: Header | undefined;
  let entries = 0;
  let isOver = false;
  const count = await eachLine(source, (bytes) => {
    if (isOver) throw new LineFault("found a line after the end, expected none");
    const text = textOf(bytes);
    if (!header) header = parseHeader(text);
    else {
      const read = parseLine(text);
      if ("end" in read) {
        checkEnd(read.end, { entries, sha256: hash.digest("hex") });
        isOver = true;
        return;
      }
      entries += 1;
    }
    hash.update(bytes);
  });
  if (header && isOver) return { header, entries };
  throw faultAt(
    count + 1,
    new LineFault("found the end of the file, expected the end record: it was cut off"),
  );
}

/** The entries of an export that was checked, in their order. */
export async function* entriesOf(source: Source): AsyncGenerator<TransferEntry> {
  let isFirst = true;
  for await (const bytes of linesOf(source())) {
    const read = isFirst ? undefined : parseLine(textOf(bytes));
    isFirst = false;
    if (read === undefined) continue;
    if ("end" in read) return;
    yield read;
  }
}

/** @returns the number of lines */
async function eachLine(source: Source, visit: (bytes: Buffer) => void): Promise<number> {
  let number = 0;
  try {
    for await (const bytes of linesOf(source())) {
      number += 1;
      visit(bytes);
    }
  } catch (error) {
    throw error instanceof LineFault ? faultAt(Math.max(1, number), error) : error;
  }
  return number;
}

function checkEnd(
  said: { entries: number; sha256: string },
  found: { entries: number; sha256: string },
): void {
  if (said.entries !== found.entries) {
    throw new LineFault(`found ${found.entries} entries, expected ${said.entries}: lines were lost or added`);
  }
  if (said.sha256 === found.sha256) return;
  throw new LineFault(`found checksum ${found.sha256}, expected ${said.sha256}: the file was altered`);
}

function textOf(bytes: Buffer): string {
  return bytes.toString("utf8");
}

function faultAt(line: number, fault: LineFault): MachinistError {
  return new MachinistError(
    "BAD_VALUE",
    `line ${line} of the export: ${fault.message}; nothing was imported, take another copy`,
    { details: { line } },
  );
}
