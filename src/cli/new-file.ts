/** A file that is there whole or not at all. */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { MachinistError, messageOf } from "../lib/errors.ts";

/**
 * Writes under another name beside it, to the disk, and renames that at the end. Only its user may read it.
 * @param path absolute
 * @throws ALREADY_EXISTS unless `replace`, FAILED (cannot be written), and what `fill` throws
 */
export async function writeNewFile<Result>(
  path: string,
  { replace }: { readonly replace: boolean },
  fill: (write: (piece: string) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  if (!replace && (await exists(path))) {
    throw new MachinistError("ALREADY_EXISTS", `file ${path} exists already: -f replaces it`);
  }
  const staging = `${path}.${randomUUID()}.temp`;
  const file = await opened(staging, path);
  try {
    const result = await filled(file, path, fill);
    await rename(staging, path);
    await syncDirectory(dirname(path));
    return result;
  } catch (error) {
    await rm(staging, { force: true });
    throw error;
  }
}

async function opened(staging: string, path: string): Promise<FileHandle> {
  try {
    return await open(staging, "wx", 0o600);
  } catch (error) {
    throw unwritable(path, error);
  }
}

async function filled<Result>(
  file: FileHandle,
  path: string,
  fill: (write: (piece: string) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  try {
    const result = await fill(async (piece) => {
      await file.appendFile(piece).catch((error: unknown) => {
        throw unwritable(path, error);
      });
    });
    await file.sync();
    return result;
  } finally {
    await file.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

function unwritable(path: string, error: unknown): MachinistError {
  return new MachinistError("FAILED", `cannot write file ${path}: ${messageOf(error)}`, { cause: error });
}
