/** The machines of the drop directories, for commands that work without a daemon. */
import { type CheckedDefinition, checkDefinition } from "../definition/definition.ts";
import { findMachineFiles, readMachineFile } from "../definition/find.ts";
import type { Definition } from "../definition/shape.ts";
import { builtInTypes } from "./built-in-types.ts";

/** Faulty files are left out: `validate` is for them. */
export async function definitionsIn(dropDirectories: readonly string[]): Promise<readonly Definition[]> {
  return (await checkedIn(dropDirectories, undefined)).flatMap(({ definition }) => definition ?? []);
}

/** All files that can be read. @param commandPath where programs are looked for; undefined: nowhere */
export async function checkedIn(
  dropDirectories: readonly string[],
  commandPath: string | undefined,
): Promise<readonly CheckedDefinition[]> {
  const types = builtInTypes();
  const checked: CheckedDefinition[] = [];
  for (const directory of dropDirectories) {
    for (const file of await findMachineFiles(directory).catch(() => [])) {
      const bytes = await readMachineFile(file).catch(() => undefined);
      if (bytes) checked.push(checkDefinition(bytes, { file, shownAs: file, types, commandPath }));
    }
  }
  return checked;
}
