/** Files that were probably meant as machines, and that no daemon reads. Looks at names only. */
import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  isMachineFileName,
  isStagingName,
  machineFileNames,
  nearMissMessage,
  nearMissOf,
  shadowedMessage,
  tooDeep,
} from "./file-names.ts";
import { isFile, isShadowed } from "./find.ts";

export interface NearMiss {
  readonly file: string;
  /** Why it is not read, and what to do. */
  readonly message: string;
}

/** Of a drop directory or a machine's directory, sorted by path; none for a file, and where nothing can be read. */
export async function findNearMisses(path: string): Promise<NearMiss[]> {
  const entries = await entriesOf(path);
  if (entries.some(({ name }) => isMachineFileName(name))) return shadowedIn(path);
  const found = await Promise.all(
    entries
      .filter(({ name }) => !isStagingName(name))
      .map(async (entry) =>
        entry.isDirectory() ? inMachineDirectory(path, entry.name) : inDropDirectory(path, entry.name),
      ),
  );
  return found.flat().sort((one, other) => (one.file < other.file ? -1 : 1));
}

async function inDropDirectory(directory: string, name: string): Promise<NearMiss[]> {
  const file = join(directory, name);
  const remedy = nearMissOf([name]);
  if (remedy !== undefined) return [{ file, message: nearMissMessage(file, remedy) }];
  return (await isShadowed(file)) ? [{ file, message: shadowedMessage(file) }] : [];
}

async function inMachineDirectory(drop: string, name: string): Promise<NearMiss[]> {
  const directory = join(drop, name);
  const entries = await entriesOf(directory);
  if (entries.some((entry) => isMachineFileName(entry.name))) return shadowedIn(directory);
  const found: NearMiss[] = [];
  for (const entry of entries) {
    const file = join(directory, entry.name);
    const remedy = nearMissOf([name, entry.name]);
    if (entry.isDirectory()) found.push(...(await tooDeepIn(file)));
    else if (remedy !== undefined) found.push({ file, message: nearMissMessage(file, remedy) });
  }
  return found;
}

async function tooDeepIn(directory: string): Promise<NearMiss[]> {
  for (const name of machineFileNames) {
    const file = join(directory, name);
    if (await isFile(file)) return [{ file, message: tooDeep(file) }];
  }
  return [];
}

async function shadowedIn(directory: string): Promise<NearMiss[]> {
  const file = join(directory, "machine.yml");
  return (await isFile(file)) && (await isShadowed(file)) ? [{ file, message: shadowedMessage(file) }] : [];
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch(() => []);
}
