/** Whether the programs and scripts of command lines are where the system will look for them. Reads files, starts nothing. */
import { constants, readdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { parseCommandWords } from "../../lib/command-words.ts";
import { nearestName } from "../../lib/did-you-mean.ts";
import { interpreterProblem } from "../../lib/interpreter.ts";
import { findProgram, kindOfFile, mayUse, programCandidates } from "../../lib/programs.ts";
import type { Problem } from "../fault.ts";
import type { CommandIn } from "../shape.ts";

/** Where commands run. */
export interface CommandPlace {
  /** The machine's own. */
  readonly directory: string;
  /** Their PATH without the machine's directory, which comes last. */
  readonly path: string;
}

/** A warning for each command whose program could not be started now. @param commands with their paths in the document */
export function checkPrograms(commands: readonly CommandIn[], place: CommandPlace): Problem[] {
  const where = { ...place, path: `${place.path}:${place.directory}` };
  return commands.flatMap((command) => {
    const message = problemOf(command, where);
    return message === undefined ? [] : [{ path: command.path, message, severity: "warning" as const }];
  });
}

function problemOf({ text, setsPath = false }: CommandIn, where: CommandPlace): string | undefined {
  const [program, argument] = constantWords(text);
  // Data decides about it; and a daemon brings `machinist` with it.
  if (program === undefined || program === "machinist") return undefined;
  if (setsPath && !program.includes("/")) return undefined;
  return programProblem(program, where) ?? scriptProblem(program, argument, where);
}

/** The first two words; undefined for one that holds a template. */
function constantWords(text: string): (string | undefined)[] {
  return parseCommandWords(text, { overrides: true })
    .slice(0, 2)
    .map((word) => (word.constant ? word.render({ data: {}, facts: {} }) : undefined));
}

function programProblem(program: string, where: CommandPlace): string | undefined {
  const search = { program, ...where };
  const found = findProgram(search);
  if (found !== undefined) {
    const problem = interpreterProblem(found, where.path);
    return problem && `${found} cannot be started: ${problem}`;
  }
  const candidate = programCandidates(search).find((file) => kindOfFile(file) !== "none");
  if (candidate === undefined) return missing("program", program, where);
  if (kindOfFile(candidate) === "directory") return `${candidate} is a directory, expected a program`;
  return `${candidate} is not executable: chmod +x it`;
}

/** Programs whose first argument is a script. */
const interpreters = /^(?:sh|bash|dash|ash|zsh|ksh|perl|ruby|python[\d.]*)$/;

function scriptProblem(program: string, script: string | undefined, where: CommandPlace): string | undefined {
  if (!interpreters.test(basename(program)) || script === undefined || script.startsWith("-"))
    return undefined;
  const found = programCandidates({ program: script, ...where }).find((file) => kindOfFile(file) === "other");
  if (found === undefined) return missing("script", script, where);
  return mayUse(found, constants.R_OK) ? undefined : `${found} may not be read: change its owner or mode`;
}

function missing(what: string, name: string, { directory }: CommandPlace): string {
  const folder = name.slice(0, name.lastIndexOf("/") + 1);
  const nearest = nearestName(basename(name), filesIn(resolve(directory, dirname(name))));
  const hint = nearest === undefined ? "" : `, did you mean ${JSON.stringify(folder + nearest)}?`;
  const where = folder === "" ? `in PATH or in ${directory}` : `: ${resolve(directory, name)} does not exist`;
  return `there is no ${what} ${JSON.stringify(name)}${folder === "" ? " " : ""}${where}${hint}`;
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
