/** What signs the sessions of one data directory: made once, so that they survive the daemon. */
import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";

const bytes = 32;

/**
 * Reads the file, or makes it with mode 600. One that is not whole is made anew, which ends all sessions. Whoever calls holds
 * the lock of the data directory. @throws errors of the file system
 */
export async function sessionSecret(file: string): Promise<Buffer> {
  const found = await readIfThere(file);
  if (found?.length === bytes) return found;
  const secret = randomBytes(bytes);
  // Renamed when it is whole: a daemon that is killed here leaves the old file or the new one.
  const unfinished = `${file}.new`;
  await writeFile(unfinished, secret, { mode: 0o600, flush: true });
  await rename(unfinished, file);
  return secret;
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  }
}
