/** Where the system looks for a program, and what it finds there. Starts nothing. */
import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";

/** The program as written, the working directory, and the PATH. */
export interface ProgramSearch {
  readonly program: string;
  readonly directory: string;
  readonly path: string;
}

/** Where the system looks, in its order: PATH only for a bare name. */
export function programCandidates({ program, directory, path }: ProgramSearch): string[] {
  if (program.includes("/")) return [resolve(directory, program)];
  return path
    .split(":")
    .map((folder) => (isAbsolute(folder) ? join(folder, program) : resolve(directory, folder, program)));
}

export function kindOfFile(path: string): "none" | "directory" | "other" {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) return "none";
    return found.isDirectory() ? "directory" : "other";
  } catch {
    // Something on the way to it is a file, or may not be entered.
    return "none";
  }
}

/** @param mode of `fs.constants`: R_OK, W_OK, X_OK */
export function mayUse(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** The file that the system would start; undefined when there is none. */
export function findProgram(search: ProgramSearch): string | undefined {
  return programCandidates(search).find(
    (candidate) => kindOfFile(candidate) === "other" && mayUse(candidate, constants.X_OK),
  );
}
