/** Why a program could not be started, in words that tell what to do. The system gives one code for several causes. */
import { constants } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "../lib/errors.ts";
import { interpreterProblem } from "../lib/interpreter.ts";
import { kindOfFile, mayUse, type ProgramSearch, programCandidates } from "../lib/programs.ts";

const tooManyFiles = "too many open files; raise the limit with `ulimit -n`";

/** @param thrown by writing what a command is to find. @returns the same text each time: the names of these files differ */
export function explainFileFailure(thrown: unknown): string {
  const code = codeOf(thrown);
  if (code === "EMFILE" || code === "ENFILE") return tooManyFiles;
  const message = messageOf(thrown);
  return `its files could not be written: ${code === undefined ? message : message.replace(/, \w+ '.*$/, "")}`;
}

/** @param thrown what spawn threw or emitted */
export function explainStartFailure(thrown: unknown, attempt: ProgramSearch): string {
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

function explainLookup(thrown: unknown, attempt: ProgramSearch): string {
  const { program, directory, path } = attempt;
  const place = kindOfFile(directory);
  if (place !== "directory")
    return `its working directory ${directory} ${place === "none" ? "does not exist" : "is no directory"}`;
  if (!mayUse(directory, constants.X_OK)) return `its working directory ${directory} may not be entered`;
  const found = programCandidates(attempt).filter((candidate) => kindOfFile(candidate) !== "none");
  const first = found[0];
  if (first === undefined) return notFound(attempt);
  if (kindOfFile(first) === "directory") return `${first} is a directory`;
  if (!mayUse(first, constants.X_OK)) return `${first} is not executable: chmod +x it`;
  if (codeOf(thrown) === "ENOENT") {
    const problem = interpreterProblem(first, path) ?? "its interpreter does not exist";
    return `${program} cannot be started: ${problem}`;
  }
  return `${program} was found, but the system refused (${String(codeOf(thrown))})`;
}

function notFound({ program, directory, path }: ProgramSearch): string {
  if (program.includes("/")) return `there is no program ${resolve(directory, program)}`;
  return `there is no program ${JSON.stringify(program)} in PATH (${path})`;
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}
