/** Puts a file in its place as a whole, so that nobody ever sees half of it. */
import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface WantedFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Replaces whatever has that name: of a symbolic link the link itself, never what it points to.
 * @param writer tells one writer of the same file from another
 * @throws the error of the file system; what was there before is there still then, and nothing else is
 */
export async function replaceFile(path: string, wanted: WantedFile, writer: string): Promise<void> {
  // Always the same name: what a crash left behind is taken away by the next attempt.
  const tag = createHash("sha256").update(`${path} ${writer}`).digest("hex").slice(0, 16);
  const temporary = join(dirname(path), `.machinist-${tag}.tmp`);
  await rm(temporary, { force: true });
  try {
    // Exclusive, so that nobody's link is followed, and closed to others until it is whose it shall be.
    const file = await open(temporary, "wx", 0o600);
    try {
      await fill(file, wanted);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

async function fill(file: FileHandle, { bytes, mode, uid, gid }: WantedFile): Promise<void> {
  await file.writeFile(bytes);
  await file.chown(uid, gid);
  // After the owner: a change of owner takes the set-user-id bit away.
  await file.chmod(mode);
  await file.sync();
}
