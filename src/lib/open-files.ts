/** The limit on open files of this process: whether it is high enough, and the error when it is reached. Imports little, because it runs first. */
import { readFileSync } from "node:fs";
import { MachinistError } from "./errors.ts";

/** Modules are read many at a time, so a start needs more open files than the work after it. */
export const neededOpenFiles = { command: 64, daemon: 256 } as const;

/** @returns the error when this process may have too few files open for what it is about to do */
export function tooFewOpenFiles(kind: keyof typeof neededOpenFiles): MachinistError | undefined {
  const limit = openFilesLimit();
  const program = kind === "daemon" ? "machinist run" : "machinist";
  return limit < neededOpenFiles[kind] ? limitReached(program, limit, neededOpenFiles[kind]) : undefined;
}

/** @returns the error for a failure that comes from the limit on open files, whatever wraps it; undefined for any other */
export function openFilesFailure(thrown: unknown): MachinistError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const code = "code" in error ? error.code : undefined;
    const limit = openFilesLimit();
    // Node also reports a module that it could not open as one that it did not find.
    const isLowAtLoading = code === "ERR_MODULE_NOT_FOUND" && limit < neededOpenFiles.daemon;
    if (code !== "EMFILE" && code !== emfile && !isLowAtLoading) continue;
    return limitReached("machinist", limit, Math.max(neededOpenFiles.daemon, limit * 2), thrown);
  }
  return undefined;
}

/** In errno.h, as LMDB reports it. */
const emfile = 24;

function limitReached(program: string, limit: number, needed: number, cause?: unknown): MachinistError {
  return new MachinistError(
    "FAILED",
    `too many open files: the limit is ${limit}; ${program} needs at least ${needed}. Raise it with \`ulimit -n ${needed}\``,
    { cause, details: { limit, needed } },
  );
}

/** The soft limit; infinite where it is not known. */
function openFilesLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    if (soft !== undefined) return Number(soft);
  } catch {
    // Not Linux, or not one file more can be opened.
  }
  return reportedLimit();
}

function reportedLimit(): number {
  const report: unknown = process.report.getReport();
  const limits = /"soft":\s*(\d+)/.exec(
    JSON.stringify(valueAt(valueAt(report, "userLimits"), "open_files")) ?? "",
  );
  return limits ? Number(limits[1]) : Number.POSITIVE_INFINITY;
}

function valueAt(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
