/** Which files hold machines: the rules of drop directories, and reading such files. Checks nothing of their content. */
import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError, messageOf } from "../lib/errors.ts";
import { isMachinePath, isStagingName, machineFileNames, preferredFile } from "./file-names.ts";
import { largestDocument } from "./parse.ts";

/**
 * The machine files that a path stands for, sorted by name: the file itself; a machine's directory (with a machine.yaml);
 * or a drop directory with its `NAME.yaml` and `NAME/machine.yaml`, perhaps none. `.yml` is as good, but of two files that
 * differ only in this the one with `.yaml` counts.
 * @throws FILE_NOT_FOUND, FAILED when a directory cannot be read
 */
export async function findMachineFiles(path: string): Promise<string[]> {
  const stats = await stat(path).catch((cause: unknown) => unreadable(path, cause));
  if (!stats.isDirectory()) return [path];
  for (const name of machineFileNames) if (await isFile(join(path, name))) return [join(path, name)];
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) =>
    unreadable(path, cause),
  );
  const candidates = entries
    .filter(({ name }) => !isStagingName(name))
    .map((entry) => machineFilesOf(path, entry.name));
  const files: string[] = [];
  for (const file of candidates.flat().sort())
    if ((await isFile(file)) && !(await isShadowed(file))) files.push(file);
  return files;
}

/** Whether the same name with `.yaml` takes the place of this `.yml` file. */
export async function isShadowed(file: string): Promise<boolean> {
  const preferred = preferredFile(file);
  return preferred !== undefined && isFile(preferred);
}

/**
 * The bytes of a machine file, never many more than the door takes: a huge file or an endless device costs nothing.
 * @throws FILE_NOT_FOUND, FAILED
 */
export async function readMachineFile(file: string): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) =>
    unreadable(file, cause),
  );
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new MachinistError("FAILED", `${file} is no file, expected a machine file`);
    const buffer = Buffer.alloc(Math.min(stats.size, largestDocument) + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** A link may point to a file or to a directory: both are tried. */
function machineFilesOf(directory: string, name: string): string[] {
  const own = machineFileNames.map((file) => [name, file]);
  return [[name], ...own].filter(isMachinePath).map((parts) => join(directory, ...parts));
}

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

function unreadable(path: string, cause: unknown): never {
  if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR")) {
    throw new MachinistError("FILE_NOT_FOUND", `${path} is not there`, { cause, details: { path } });
  }
  throw new MachinistError("FAILED", `${path} cannot be read: ${messageOf(cause)}`, {
    cause,
    details: { path },
  });
}
