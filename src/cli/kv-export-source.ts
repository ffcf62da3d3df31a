/** Where an import reads from: a file, or what comes on stdin, kept in a file because it is read twice. */
import { createReadStream, createWriteStream } from "node:fs";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Source } from "../kv/transfer/read-export.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import type { Surroundings } from "./surroundings.ts";

export interface OpenedExport extends AsyncDisposable {
  readonly source: Source;
}

/** @param path `-` is stdin @throws FILE_NOT_FOUND */
export async function openExport(surroundings: Surroundings, path: string): Promise<OpenedExport> {
  if (path === "-") return spooled(surroundings);
  const file = resolve(surroundings.workingDirectory, path);
  await access(file).catch((error: unknown) => {
    throw new MachinistError("FILE_NOT_FOUND", `cannot read file ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  });
  return { source: () => createReadStream(file), async [Symbol.asyncDispose]() {} };
}

async function spooled({ stdin }: Surroundings): Promise<OpenedExport> {
  // Private to its user, as the store is.
  const directory = await mkdtemp(join(tmpdir(), "machinist-import-"));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const file = join(directory, "export.jsonl");
    await pipeline(stdin, createWriteStream(file, { mode: 0o600 }));
    return { source: () => createReadStream(file), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
