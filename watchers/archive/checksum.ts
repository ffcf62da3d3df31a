/** Checksums: always sha256, written as 64 hex digits. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { MachinistError } from "../../src/lib/errors.ts";

/**
 * @param property where it stands, for the message
 * @returns in lower case
 * @throws BAD_VALUE when the text is none
 */
export function parseChecksum(text: string, property: string): string {
  const checksum = text.trim().toLowerCase();
  if (/^[0-9a-f]{64}$/.test(checksum)) return checksum;
  const found = checksum === "" ? "it is empty" : `found ${checksum.length} characters`;
  throw new MachinistError("BAD_VALUE", `${property}: ${found}; expected a sha256, which is 64 hex digits`);
}

/** A regular file, open for reading: never a pipe, which could keep its reader waiting for ever. @throws as `open` does, BAD_VALUE */
export async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if ((await file.stat()).isFile()) return file;
    throw new MachinistError("BAD_VALUE", `${path} is no regular file`);
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

/** @returns the sha256 of a file */
export async function checksumOfFile(path: string, signal: AbortSignal): Promise<string> {
  await using file = await openFile(path);
  const hash = createHash("sha256");
  for await (const chunk of file.createReadStream({ autoClose: false })) {
    signal.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}
