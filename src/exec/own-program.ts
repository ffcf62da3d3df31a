/** Puts the program `machinist` on the PATH of commands: a hook calls the machinist that runs it, also where none is installed. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Writes the program into `directory`, which is created when missing. It runs with this process's Node. */
export async function installOwnProgram(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const program = createRequire(import.meta.url).resolve("#program");
  const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(program)} "$@"\n`;
  const file = join(directory, "machinist");
  const draft = `${file}.tmp`;
  await writeFile(draft, script, { mode: 0o755 });
  // A command of a killed daemon may be reading the earlier one.
  await rename(draft, file);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
