/** Finds machine files and checks them, each alone and beside the others. Prints nothing. */
import { dirname, relative } from "node:path";
import type { CheckedDefinition } from "../../definition/definition.ts";
import { type Fault, isError } from "../../definition/fault.ts";
import { MachinistError } from "../../lib/errors.ts";
import type { WatcherTypes } from "../../watching/registry.ts";
import { builtInTypes } from "../built-in-types.ts";
import { checkFile, machineFiles, nearMisses, shownPath } from "../definition-file.ts";
import type { Invocation } from "../invocation.ts";
import { undeclaredFaults } from "./undeclared.ts";

export interface CheckedFile {
  readonly file: string;
  /** null when the file is not a valid machine. */
  readonly name: string | null;
  readonly faults: readonly Fault[];
}

export interface CheckedFiles {
  /** Machine files, in the order of the paths. */
  readonly machines: readonly CheckedFile[];
  /** Files that were probably meant as machines and are not read as such. */
  readonly passedOver: readonly CheckedFile[];
}

/** @throws FILE_NOT_FOUND for a path without a machine file */
export async function checkFiles(invocation: Invocation, paths: readonly string[]): Promise<CheckedFiles> {
  const types = builtInTypes();
  const checked = new Map<string, CheckedDefinition>();
  const passedOver = new Map<string, CheckedFile>();
  for (const path of paths) {
    const missed = await nearMisses(invocation, path);
    for (const { file, fault } of missed) passedOver.set(file, { file, name: null, faults: [fault] });
    await checkPath(invocation, path, { types, checked, missed: missed.map(({ fault }) => fault.message) });
  }
  const machines = await withOthers(invocation, checked);
  return { machines, passedOver: [...passedOver.values()] };
}

async function checkPath(
  invocation: Invocation,
  path: string,
  {
    types,
    checked,
    missed,
  }: {
    readonly types: WatcherTypes;
    readonly checked: Map<string, CheckedDefinition>;
    readonly missed: readonly string[];
  },
): Promise<void> {
  const found = await machineFiles(invocation, path);
  if (found.length === 0) {
    const message = [`there is no machine file in ${path}`, ...missed].join("; ");
    throw new MachinistError("FILE_NOT_FOUND", message);
  }
  for (const file of found)
    if (!checked.has(file)) checked.set(file, await checkFile(invocation, file, types));
}

/** Adds what only a look at all files and at the store can tell. */
async function withOthers(
  invocation: Invocation,
  checked: ReadonlyMap<string, CheckedDefinition>,
): Promise<CheckedFile[]> {
  const undeclared = await undeclaredFaults(invocation, [...checked.values()]);
  const twins = new Twins(invocation);
  return [...checked].map(([file, definition]) => ({
    file,
    name: definition.definition?.name ?? null,
    faults: [
      ...definition.faults,
      ...definition.hostFaults,
      ...twins.faultsOf(file, definition),
      ...(undeclared.get(definition) ?? []),
    ].sort((one, other) => one.line - other.line || one.column - other.column),
  }));
}

/** Of two machines with one name in a drop directory, a daemon runs only the first. */
class Twins {
  readonly #invocation: Invocation;
  readonly #first = new Map<string, string>();

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
  }

  faultsOf(file: string, { definition, faults, faultAt }: CheckedDefinition): Fault[] {
    if (!definition || faults.some(isError)) return [];
    const key = JSON.stringify([dropDirectoryOf(file), definition.name]);
    const earlier = this.#first.get(key);
    if (earlier === undefined) {
      this.#first.set(key, file);
      return [];
    }
    const other = shownPath(this.#invocation, earlier);
    const message = `machine "${definition.name}" is also in ${other}, and a daemon runs only that one: give each machine of a directory a name of its own`;
    return [faultAt({ path: ["name"], message })];
  }
}

/** Where a daemon finds the file: beside it, or above the machine's own directory. */
function dropDirectoryOf(file: string): string {
  const directory = dirname(file);
  return /^machine\.ya?ml$/.test(relative(directory, file)) ? dirname(directory) : directory;
}
