/** Verifies a directory by the file of checksums in it. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { messageOf } from "../../src/lib/errors.ts";
import { checksumOfFile, openFile } from "./checksum.ts";
import { innerPath } from "./inner-path.ts";

/** More than a million files. */
const largestSums = 100 * 1024 * 1024;

export interface Sums {
  /** Name of the file in the directory. */
  readonly file: string;
  /** Its own sha256. */
  readonly checksum: string;
}

/**
 * Files that it does not list are left alone.
 * @returns what does not match, in words; undefined when all does
 * @throws the signal's reason
 */
export async function mismatchIn(
  directory: string,
  sums: Sums,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const text = await readSums(join(directory, sums.file), sums.checksum);
    if (text === undefined) return `${sums.file} has not the checksum of verify_checksum`;
    for (const [at, line] of text.split("\n").entries()) {
      const fault = await faultOf(line, directory, signal);
      if (fault !== undefined) return `${sums.file}, line ${at + 1}: ${fault}`;
    }
    return undefined;
  } catch (cause) {
    signal.throwIfAborted();
    return messageOf(cause);
  }
}

/** @returns undefined when it is another text than the checksum is of */
async function readSums(path: string, checksum: string): Promise<string | undefined> {
  await using file = await openFile(path);
  if ((await file.stat()).size > largestSums) return undefined;
  const bytes = await file.readFile();
  const found = createHash("sha256").update(bytes).digest("hex");
  return found === checksum ? bytes.toString("utf8") : undefined;
}

async function faultOf(line: string, directory: string, signal: AbortSignal): Promise<string | undefined> {
  if (line.trim() === "") return undefined;
  const [, checksum, name] = /^([0-9a-f]{64}) [ *](.+?)\r?$/i.exec(line) ?? [];
  if (checksum === undefined || name === undefined) return "expected a sha256, two spaces and a file name";
  const path = innerPath(name);
  if (path === undefined) return `${JSON.stringify(name)} is not in the directory`;
  const found = await checksumOfFile(join(directory, path), signal);
  return found === checksum.toLowerCase() ? undefined : `${JSON.stringify(path)} has another checksum`;
}
