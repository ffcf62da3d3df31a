/** What LMDB and the file system say, in the words of machinist. */
import { statfsSync } from "node:fs";
import { MachinistError, messageOf } from "../../../lib/errors.ts";

/** Codes of errno.h and lmdb.h. */
const full = new Set<unknown>([28, 122, -30792, "ENOSPC", "EDQUOT"]);
const damaged = new Set<unknown>([-30793, -30794, -30795, -30796, -30797]);
/** EIO: LMDB says so too when the disk takes only a part of what it writes, because it is full. */
const writeFailed = 5;
/** With less room than this a batch may not fit. */
const littleRoom = 4_194_304;
const denied = new Set<unknown>([1, 13, "EPERM", "EACCES"]);
const readOnly = new Set<unknown>([30, "EROFS"]);

/** As storeFailure, for a store that could be written when it was opened. */
export function writeFailure(error: unknown, place: string): Error {
  return denied.has(codeOf(error)) ? readOnlyStore(place, error) : storeFailure(error, place);
}

/** Maps any error from the store in `place` to the error that its callers get. */
export function storeFailure(error: unknown, place: string): Error {
  if (error instanceof MachinistError) return error;
  return translated(error, place);
}

export function damagedStore(place: string, what: string, cause?: unknown): MachinistError {
  return new MachinistError(
    "STORE_DAMAGED",
    `the store in ${place} cannot be used: ${what}. Nothing was changed; restore it from a backup or move it away`,
    { cause, details: { place } },
  );
}

function readOnlyStore(place: string, cause: unknown): MachinistError {
  return new MachinistError(
    "STORE_READ_ONLY",
    `cannot write to the store in ${place}: its file system or data file is read-only (${messageOf(cause)}); ` +
      "expected it to be writable. Check the disk and how it is mounted; no restart is needed",
    { cause, details: { place } },
  );
}

function translated(error: unknown, place: string): Error {
  const code = codeOf(error);
  if (full.has(code) || (code === writeFailed && roomIn(place) < littleRoom)) {
    return new MachinistError(
      "STORE_FULL",
      `no space is left for the store in ${place}: free some, then repeat`,
      {
        cause: error,
        details: { place },
      },
    );
  }
  if (damaged.has(code)) return damagedStore(place, `LMDB says "${messageOf(error)}"`, error);
  if (readOnly.has(code)) return readOnlyStore(place, error);
  if (denied.has(code)) {
    return new MachinistError(
      "FAILED",
      `the store in ${place} may not be written by this user (${messageOf(error)}): change its owner or mode`,
      { cause: error, details: { place } },
    );
  }
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  return new MachinistError("FAILED", `the store in ${place} failed: ${messageOf(error)}`, {
    cause: error,
    details: { place },
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function roomIn(place: string): number {
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
