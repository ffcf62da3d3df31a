/** Where the data directory is: named, in the working directory, or above it as git finds `.git`. */
import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const usualName = ".machinist";

export interface DataDirectory {
  /** Absolute. It may not exist yet. */
  readonly path: string;
  /** Defaults of other paths count from here: the working directory, or the parent directory in which it was found. */
  readonly base: string;
}

/**
 * @param named by flag or environment: counts from the working directory, and nothing is searched
 * @param options.searchParents false for the daemon, which creates a data directory in its working directory
 */
export function locateDataDirectory(
  named: string | undefined,
  workingDirectory: string,
  options: { readonly searchParents: boolean },
): DataDirectory {
  if (named !== undefined) return { path: resolve(workingDirectory, named), base: workingDirectory };
  const base = (options.searchParents && nearestBase(workingDirectory)) || workingDirectory;
  return { path: join(base, usualName), base };
}

/** The closest directory with a data directory in it. One above the working directory must belong to the same user. */
function nearestBase(workingDirectory: string): string | undefined {
  for (let base = workingDirectory; ; base = dirname(base)) {
    const found = statSync(join(base, usualName), { throwIfNoEntry: false });
    const isTrusted = base === workingDirectory || found?.uid === process.getuid?.();
    if (found?.isDirectory() && isTrusted) return base;
    if (base === dirname(base)) return undefined;
  }
}
