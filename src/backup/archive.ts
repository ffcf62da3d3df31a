/** A directory as one compressed file, and back. A file that was cut off or altered is noticed by its checksum. */
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { packTar, unpackTar } from "modern-tar/fs";
import { MachinistError, messageOf } from "../lib/errors.ts";

/** @param file must not exist; only its user may read it @throws errors of the file system */
export async function packDirectory(directory: string, file: string): Promise<void> {
  await pipeline(packTar(directory), createGzip(), createWriteStream(file, { flags: "wx", mode: 0o600 }));
  await using handle = await open(file, "r");
  await handle.sync();
}

/**
 * @param directory empty; after a failure it may hold anything
 * @throws FILE_NOT_FOUND, BAD_VALUE (cut off, altered or not an archive), errors of the file system
 */
export async function unpackDirectory(file: string, directory: string): Promise<void> {
  const options = { strict: true, dmode: 0o700 };
  try {
    await pipeline(createReadStream(file), createGunzip(), unpackTar(directory, options));
  } catch (cause) {
    if (isMissing(cause, file))
      throw new MachinistError("FILE_NOT_FOUND", `file ${file} does not exist`, { cause });
    if (isOfFileSystem(cause)) throw cause;
    throw new MachinistError(
      "BAD_VALUE",
      `${file} cannot be read as a backup: ${messageOf(cause)}; expected a complete file that \`machinist backup\` wrote`,
      { cause },
    );
  }
}

function isMissing(cause: unknown, file: string): boolean {
  return isOfFileSystem(cause) && cause.code === "ENOENT" && cause.path === file;
}

function isOfFileSystem(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && "syscall" in cause;
}
