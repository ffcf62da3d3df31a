/** The machines of the drop directories, for commands that work without a daemon. */
import { checkDefinition } from "../definition/definition.ts";
import { findMachineFiles, readMachineFile } from "../definition/find.ts";
import type { Definition } from "../definition/shape.ts";
import { builtInTypes } from "./built-in-types.ts";

/** Faulty files are left out: `validate` is for them. */
export async function definitionsIn(dropDirectories: readonly string[]): Promise<readonly Definition[]> {
  const types = builtInTypes();
  const definitions: Definition[] = [];
  for (const directory of dropDirectories) {
    for (const file of await findMachineFiles(directory).catch(() => [])) {
      const bytes = await readMachineFile(file).catch(() => undefined);
      const definition = bytes && checkDefinition(bytes, { file, shownAs: file, types }).definition;
      if (definition) definitions.push(definition);
    }
  }
  return definitions;
}
