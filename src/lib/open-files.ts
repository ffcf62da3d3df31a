/** The limit on open files of this process: whether it is high enough, and the error when it is reached. Imports little, because it runs first. */
import { readFileSync } from "node:fs";
import { MachinistError } from "./errors.ts";

/** Node reads modules many at a time: a start needs up to 180 open files, the work after it few. */
const neededOpenFiles = 256;
/** EMFILE in errno.h, as LMDB reports it. */
const emfile = 24;

/** @returns the error when this process may not have enough files open to start */
export function tooFewOpenFiles(): MachinistError | undefined {
  const limit = openFilesLimit();
  return limit < neededOpenFiles ? limitReached(limit, neededOpenFiles) : undefined;
}

/** @returns the error for a failure that comes from the limit on open files, whatever wraps it; undefined for any other */
export function openFilesFailure(thrown: unknown): MachinistError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const code = "code" in error ? error.code : undefined;
    if (code !== "EMFILE" && code !== emfile) continue;
    const limit = openFilesLimit();
    return limitReached(limit, Math.max(neededOpenFiles, limit * 2), thrown);
  }
  return undefined;
}

function limitReached(limit: number, needed: number, cause?: unknown): MachinistError {
  return new MachinistError(
    "FAILED",
    `too many open files: the limit is ${limit}; machinist needs at least ${needed}. Raise it with \`ulimit -n ${needed}\``,
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
