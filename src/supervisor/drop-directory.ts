/** Watches one drop directory and tells which machine files are there, changed or gone. Reads none of them. */
import { statSync } from "node:fs";
import { basename, relative, sep } from "node:path";
import {
  isMachinePath,
  isStagingName,
  nearMissMessage,
  nearMissOf,
  otherFile,
  preferredFile,
  shadowedMessage,
} from "../definition/file-names.ts";
import { findNearMisses } from "../definition/near-misses.ts";
import { watchPaths } from "../lib/watch-paths.ts";

export interface DropDirectoryListener {
  /** The file is there, or is another than before, and nobody has written to it for a moment. */
  present(file: string): void;
  gone(file: string): void;
  /** A file that was probably meant as a machine is not read; once for each time that it appears. */
  passedOver(file: string, message: string): void;
  failed(cause: unknown): void;
}

/** Resolves when all files that are there already have been told. Returns the undo. */
export async function watchDropDirectory(
  directory: string,
  listener: DropDirectoryListener,
): Promise<() => Promise<void>> {
  const names = new DropNames(directory, listener);
  const undo = await watchPaths(
    directory,
    {
      depth: 1,
      tellsPresent: true,
      ignores: (path: string, isFile: boolean | undefined) => !mayBeMachine(directory, path, isFile),
    },
    {
      present: (file) => names.present(file),
      gone: (file) => names.gone(file),
      failed: (cause) => listener.failed(cause),
    },
  );
  // Those in deeper directories, which are not watched.
  for (const { file, message } of await findNearMisses(directory)) names.passOver(file, message);
  return undo;
}

/** Keeps scripts and staging directories from being watched at all. */
function mayBeMachine(directory: string, path: string, isFile: boolean | undefined): boolean {
  if (isStagingName(basename(path))) return false;
  const parts = partsOf(directory, path);
  return isFile === true
    ? isMachinePath(parts) || nearMissOf(parts) !== undefined
    : parts.length === 1 || isFile === undefined;
}

function partsOf(directory: string, path: string): string[] {
  return relative(directory, path).split(sep);
}

/** Decides by its name whether a file counts: `DIR/NAME.yaml` or `DIR/NAME/machine.yaml`, or with `.yml` where that is alone. */
class DropNames {
  readonly #directory: string;
  readonly #listener: DropDirectoryListener;
  readonly #passedOver = new Set<string>();

  constructor(directory: string, listener: DropDirectoryListener) {
    this.#directory = directory;
    this.#listener = listener;
  }

  present(file: string): void {
    const parts = partsOf(this.#directory, file);
    const remedy = nearMissOf(parts);
    if (remedy !== undefined) this.passOver(file, nearMissMessage(file, remedy));
    if (!isMachinePath(parts)) return;
    if (exists(preferredFile(file))) {
      this.passOver(file, shadowedMessage(file));
      return;
    }
    this.#passedOver.delete(file);
    this.#listener.present(file);
    const other = otherFile(file);
    if (other === undefined || !exists(other)) return;
    this.passOver(other, shadowedMessage(other));
    this.#listener.gone(other);
  }

  gone(file: string): void {
    this.#passedOver.delete(file);
    if (!isMachinePath(partsOf(this.#directory, file))) return;
    this.#listener.gone(file);
    const other = otherFile(file);
    if (other !== undefined && exists(other)) this.present(other);
  }

  passOver(file: string, message: string): void {
    if (this.#passedOver.has(file)) return;
    this.#passedOver.add(file);
    this.#listener.passedOver(file, message);
  }
}

function exists(file: string | undefined): boolean {
  return file !== undefined && statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
