/** Watches one drop directory and tells which machine files are there, changed or gone. Reads none of them. */

import { basename, dirname, relative, sep } from "node:path";
import { type ChokidarOptions, type FSWatcher, watch } from "chokidar";
import { isStagingName } from "../definition/find.ts";

export interface DropDirectoryListener {
  /** The file is there, or is another than before, and nobody has written to it for a moment. */
  present(file: string): void;
  gone(file: string): void;
  failed(cause: unknown): void;
}

/** A file counts as written when its size stays the same for this long: a reader never sees half of it. */
const settledMs = 200;

const options: ChokidarOptions = {
  depth: 1,
  ignorePermissionErrors: true,
  awaitWriteFinish: { stabilityThreshold: settledMs, pollInterval: 50 },
};

/** Resolves when all files that are there already have been told. Returns the undo. */
export async function watchDropDirectory(
  directory: string,
  listener: DropDirectoryListener,
): Promise<() => Promise<void>> {
  const watcher: FSWatcher = watch(directory, {
    ...options,
    ignored: (path, stats) => path !== directory && !mayBeMachine(directory, path, stats?.isFile()),
  });
  const present = (file: string): void => {
    if (isMachineFile(directory, file)) listener.present(file);
  };
  watcher.on("add", present);
  watcher.on("change", present);
  watcher.on("unlink", (file) => {
    if (isMachineFile(directory, file)) listener.gone(file);
  });
  watcher.on("error", (cause) => listener.failed(cause));
  await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  return () => watcher.close();
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
