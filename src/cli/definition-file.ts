/** Machine files as the command line names them: found, read, and through the door. */
import { relative, resolve } from "node:path";
import { type CheckedDefinition, checkDefinition } from "../definition/definition.ts";
import { type Fault, type FaultPart, isError, type Paint, renderFault } from "../definition/fault.ts";
import { findMachineFiles, readMachineFile } from "../definition/find.ts";
import { findNearMisses } from "../definition/near-misses.ts";
import type { Definition } from "../definition/shape.ts";
import { MachinistError } from "../lib/errors.ts";
import type { WatcherTypes } from "../watching/registry.ts";
import type { Invocation } from "./invocation.ts";
import type { Output } from "./output.ts";

/** Files of a path: a machine file, a machine's directory or a drop directory. @throws FILE_NOT_FOUND */
export async function machineFiles({ surroundings }: Invocation, path: string): Promise<readonly string[]> {
  return findMachineFiles(resolve(surroundings.workingDirectory, path));
}

/** Files of a path that were probably meant as machines and are not read, each with a warning. */
export async function nearMisses(
  invocation: Invocation,
  path: string,
): Promise<readonly { readonly file: string; readonly fault: Fault }[]> {
  const found = await findNearMisses(resolve(invocation.surroundings.workingDirectory, path));
  return found.map(({ file, message }) => ({
    file,
    fault: {
      file: shownPath(invocation, file),
      line: 1,
      column: 1,
      path: "",
      severity: "warning",
      message,
      frame: "",
    },
  }));
}

/** Every fault names the file as it is seen from the working directory. Commands are looked for as the daemon would. */
export async function checkFile(
  invocation: Invocation,
  file: string,
  types: WatcherTypes,
): Promise<CheckedDefinition> {
  const shownAs = shownPath(invocation, file);
  const commandPath = invocation.config.exec.environment["PATH"] ?? "";
  return checkDefinition(await readMachineFile(file), { file, shownAs, types, commandPath });
}

/** A file as it is seen from the working directory; one that is not in there in full. */
export function shownPath({ surroundings }: Invocation, file: string): string {
  const near = relative(surroundings.workingDirectory, file);
  return near.startsWith("..") ? file : near;
}

/**
 * The one definition of a path.
 * @throws INVALID_DEFINITION with all its faults, USAGE when the path holds several machines, FILE_NOT_FOUND
 */
export async function readDefinition(
  invocation: Invocation,
  path: string,
  types: WatcherTypes,
): Promise<Definition> {
  const [file, second] = await machineFiles(invocation, path);
  if (file === undefined) throw new MachinistError("FILE_NOT_FOUND", `there is no machine file in ${path}`);
  if (second !== undefined) {
    throw new MachinistError("USAGE", `${path} holds several machines; name one, such as ${file}`);
  }
  const { definition, faults } = await checkFile(invocation, file, types);
  if (definition) return definition;
  const errors = faults.filter(isError);
  throw new MachinistError(
    "INVALID_DEFINITION",
    `${file} is no valid machine\n${errors.map((fault) => renderFault(fault)).join("\n")}`,
  );
}

/** Colours of a rendered fault. */
export function faultPaint({ paint }: Output): Paint {
  const colours: Record<FaultPart, (text: string) => string> = {
    place: paint.bold,
    error: paint.red,
    warning: paint.yellow,
    info: paint.blue,
    path: paint.cyan,
    caret: paint.red,
    frame: paint.dim,
  };
  return (part, text) => colours[part](text);
}
