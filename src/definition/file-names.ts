/** What machine files are called, and which names come near it. Reads no file. */
import { basename, dirname } from "node:path";

/** The one file of a machine that has a directory of its own: the first of these that exists. */
export const machineFileNames = ["machine.yaml", "machine.yml"] as const;

export function isMachineFileName(name: string): boolean {
  return name === "machine.yaml" || name === "machine.yml";
}

const ending = /\.ya?ml$/;

export function isYamlName(name: string): boolean {
  return ending.test(name);
}

export function withoutYaml(name: string): string {
  return name.replace(ending, "");
}

/** True for what is being put together and is no machine yet: `.x`, `tmp`, `x-temp`; for files without their ending. */
export function isStagingName(name: string): boolean {
  const own = withoutYaml(name);
  return name.startsWith(".") || own === "tmp" || own.endsWith("-temp");
}

/** `x.yaml` for `x.yml`: while both exist, only that one is read. undefined for any other file. */
export function preferredFile(file: string): string | undefined {
  return file.endsWith(".yml") ? `${withoutYaml(file)}.yaml` : undefined;
}

/** `x.yml` for `x.yaml`. undefined for any other file. */
export function otherFile(file: string): string | undefined {
  return file.endsWith(".yaml") ? `${withoutYaml(file)}.yml` : undefined;
}

/** `NAME.yaml` or `NAME/machine.yaml`, or with `.yml`. @param parts of the path below a drop directory */
export function isMachinePath(parts: readonly string[]): boolean {
  const [name = "", file] = parts;
  if (parts.length > 2 || parts.some(isStagingName)) return false;
  return file === undefined ? isYamlName(name) : isMachineFileName(file);
}

/**
 * What to do about a file that was probably meant as a machine and is not read as one; undefined for any other.
 * @param parts of the path below a drop directory, at most two
 * @example
 * nearMissOf(["web", "Machine.yaml"]); // => "rename it to machine.yaml"
 */
export function nearMissOf(parts: readonly string[]): string | undefined {
  const [folder = "", file] = parts;
  if (parts.some(isStagingName) || isMachinePath(parts)) return undefined;
  if (file === undefined) return nearMissInDropDirectory(folder);
  const isNear = /^machines?\.(?:ya?ml|json)(?:\.txt)?$/i.test(file);
  return isNear || (isYamlName(file) && withoutYaml(file) === folder)
    ? `rename it to machine.yaml${hintOn(file)}`
    : undefined;
}

function nearMissInDropDirectory(name: string): string | undefined {
  if (!/\.ya?ml(?:\.txt)?$|^machine\.json$/i.test(name)) return undefined;
  return `rename it to ${name.replace(/\.(?:ya?ml|json)(?:\.txt)?$/i, "")}.yaml${hintOn(name)}`;
}

function hintOn(name: string): string {
  return /\.json$/i.test(name) ? "; JSON is valid YAML" : "";
}

/** Of `x.yml` while `x.yaml` exists. */
export function shadowedMessage(file: string): string {
  const preferred = basename(preferredFile(file) ?? "");
  return `${basename(file)} is not read, because ${preferred} is beside it: remove one of them`;
}

export function nearMissMessage(file: string, remedy: string): string {
  return `${basename(file)} is not read as a machine: ${remedy}`;
}

export const tooDeep = (file: string): string =>
  nearMissMessage(file, `move its directory up, into the drop directory ${dirname(dirname(dirname(file)))}`);
