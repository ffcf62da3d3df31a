/** Why a program could not be started, in words that tell what to do. The system gives one code for several causes. */
import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { messageOf } from "../lib/errors.ts";

/** What was tried: the program as written, where, and the PATH it was searched in. */
export interface Attempt {
  readonly program: string;
  readonly directory: string;
  readonly path: string;
}

const tooManyFiles = "too many open files; raise the limit with `ulimit -n`";

/** @param thrown by writing what a command is to find. @returns the same text each time: the names of these files differ */
export function explainFileFailure(thrown: unknown): string {
  const code = codeOf(thrown);
  if (code === "EMFILE" || code === "ENFILE") return tooManyFiles;
  const message = messageOf(thrown);
  return `its files could not be written: ${code === undefined ? message : message.replace(/, \w+ '.*$/, "")}`;
}

/** @param thrown what spawn threw or emitted */
export function explainStartFailure(thrown: unknown, attempt: Attempt): string {
  switch (codeOf(thrown)) {
    case "ENOENT":
    case "ENOTDIR":
    case "EACCES":
      return explainLookup(thrown, attempt);
    case "E2BIG":
      return "its arguments and environment are too large for the system (E2BIG): pass large data by file";
    case "EAGAIN":
      return "the system allows no more processes (EAGAIN)";
    case "EMFILE":
    case "ENFILE":
      return tooManyFiles;
    case "ENOMEM":
      return "the system has no memory left for another process (ENOMEM)";
    default:
      return `the system refused (${String(codeOf(thrown))})`;
  }
}

function explainLookup(thrown: unknown, attempt: Attempt): string {
  const { program, directory } = attempt;
  const place = kindOf(directory);
  if (place !== "directory")
    return `its working directory ${directory} ${place === "none" ? "does not exist" : "is no directory"}`;
  if (!mayUse(directory, constants.X_OK)) return `its working directory ${directory} may not be entered`;
  const found = candidates(attempt).filter((candidate) => kindOf(candidate) !== "none");
  const first = found[0];
  if (first === undefined) return notFound(attempt);
  if (kindOf(first) === "directory") return `${first} is a directory`;
  if (!mayUse(first, constants.X_OK)) return `${first} is not executable: chmod +x it`;
  if (codeOf(thrown) === "ENOENT")
    return `${program} is there, but the interpreter named in its first line is not`;
  return `${program} was found, but the system refused (${String(codeOf(thrown))})`;
}

function notFound({ program, directory, path }: Attempt): string {
  if (program.includes("/")) return `there is no program ${resolve(directory, program)}`;
  return `there is no program ${JSON.stringify(program)} in PATH (${path})`;
}

/** Where the system looks, in its order: PATH only for a bare name. */
function candidates({ program, directory, path }: Attempt): string[] {
  if (program.includes("/")) return [resolve(directory, program)];
  return path
    .split(":")
    .map((folder) => (isAbsolute(folder) ? join(folder, program) : resolve(directory, folder, program)));
}

function kindOf(path: string): "none" | "directory" | "other" {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return "none";
  return found.isDirectory() ? "directory" : "other";
}

function mayUse(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}
