/** Watches one drop directory and tells which machine files are there, changed or gone. Reads none of them. */

import { basename, dirname, relative, sep } from "node:path";
import { isStagingName } from "../definition/find.ts";
import { watchPaths } from "../lib/watch-paths.ts";

export interface DropDirectoryListener {
  /** The file is there, or is another than before, and nobody has written to it for a moment. */
  present(file: string): void;
  gone(file: string): void;
  failed(cause: unknown): void;
}

/** Resolves when all files that are there already have been told. Returns the undo. */
export function watchDropDirectory(
  directory: string,
  listener: DropDirectoryListener,
): Promise<() => Promise<void>> {
  const paths = {
    depth: 1,
    tellsPresent: true,
    ignores: (path: string, isFile: boolean | undefined) => !mayBeMachine(directory, path, isFile),
  };
  return watchPaths(directory, paths, {
    present: (file) => {
      if (isMachineFile(directory, file)) listener.present(file);
    },
    gone: (file) => {
      if (isMachineFile(directory, file)) listener.gone(file);
    },
    failed: (cause) => listener.failed(cause),
  });
}

/** Keeps scripts and staging directories from being watched at all. */
function mayBeMachine(directory: string, path: string, isFile: boolean | undefined): boolean {
  if (isStagingName(basename(path))) return false;
  return isFile === true
    ? isMachineFile(directory, path)
    : relative(directory, path).split(sep).length === 1 || isFile === undefined;
}

/** `DIR/NAME.yaml` or `DIR/NAME/machine.yaml`. */
function isMachineFile(directory: string, file: string): boolean {
  const parts = relative(directory, file).split(sep);
  if (parts.some(isStagingName)) return false;
  if (parts.length === 1) return basename(file).endsWith(".yaml");
  return parts.length === 2 && basename(file) === "machine.yaml" && dirname(file) !== directory;
}
