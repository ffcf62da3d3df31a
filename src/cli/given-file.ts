/** A file that the command line names. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { MachinistError, messageOf } from "../lib/errors.ts";
import type { Invocation } from "./invocation.ts";

/** @throws FILE_NOT_FOUND when it cannot be read */
export function readGivenFile({ surroundings }: Invocation, path: string): Promise<Buffer> {
  const file = resolve(surroundings.workingDirectory, path);
  return readFile(file).catch((cause: unknown) => {
    throw new MachinistError("FILE_NOT_FOUND", `cannot read file ${file}: ${messageOf(cause)}`, { cause });
  });
}
