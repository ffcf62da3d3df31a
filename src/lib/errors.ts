/**
 * Every failure that a user can cause, in one table: code → exit status of the command line and HTTP status.
 * No other file chooses such a number. Codes are never reused for another meaning.
 */
import type { JsonObject } from "./json.ts";

/** Exit statuses: 1 failure · 2 usage or invalid definition · 3 not found · 4 conflict · 5 timeout · 6 unsupported. */
const table = {
  FAILED: { exit: 1, http: 500 },
  USAGE: { exit: 2, http: 400 },
  INVALID_DEFINITION: { exit: 2, http: 422 },
  INVALID_CONFIG: { exit: 2, http: 400 },
  INVALID_ARGUMENT: { exit: 2, http: 400 },
  INVALID_BUCKET: { exit: 2, http: 400 },
  INVALID_KEY: { exit: 2, http: 400 },
  MACHINE_NOT_FOUND: { exit: 3, http: 404 },
  WATCHER_NOT_FOUND: { exit: 3, http: 404 },
  RUN_NOT_FOUND: { exit: 3, http: 404 },
  DATA_NOT_FOUND: { exit: 3, http: 404 },
  ROUTE_NOT_FOUND: { exit: 3, http: 404 },
  FILE_NOT_FOUND: { exit: 3, http: 404 },
  STORE_NOT_FOUND: { exit: 3, http: 404 },
  BUCKET_NOT_FOUND: { exit: 3, http: 404 },
  TOPIC_NOT_FOUND: { exit: 3, http: 404 },
  KEY_NOT_FOUND: { exit: 3, http: 404 },
  BUCKET_EXISTS: { exit: 4, http: 409 },
  KEY_EXISTS: { exit: 4, http: 412 },
  WRONG_REVISION: { exit: 4, http: 412 },
  ILLEGAL_TRANSITION: { exit: 4, http: 409 },
  TRANSITION_FAILED: { exit: 1, http: 422 },
  WRONG_STATE: { exit: 4, http: 409 },
  ALREADY_EXISTS: { exit: 4, http: 409 },
  ALREADY_RUNNING: { exit: 4, http: 409 },
  LEASE_LOST: { exit: 4, http: 409 },
  BUSY: { exit: 4, http: 409 },
  UNAUTHENTICATED: { exit: 1, http: 401 },
  FORBIDDEN: { exit: 1, http: 403 },
  WRONG_HOST: { exit: 1, http: 421 },
  RATE_LIMITED: { exit: 1, http: 429 },
  TIMEOUT: { exit: 5, http: 504 },
  UNSUPPORTED: { exit: 6, http: 501 },
  TTL_UNSUPPORTED: { exit: 6, http: 501 },
  TTL_INVALID: { exit: 2, http: 400 },
  VALUE_TOO_LARGE: { exit: 1, http: 413 },
  BUCKET_FULL: { exit: 1, http: 507 },
  STORE_FULL: { exit: 1, http: 507 },
  STORE_READ_ONLY: { exit: 1, http: 503 },
  STORE_DAMAGED: { exit: 1, http: 500 },
  STORE_CLOSED: { exit: 1, http: 503 },
  STOPPED: { exit: 1, http: 503 },
  DAEMON_NOT_RUNNING: { exit: 1, http: 503 },
  COMMAND_FAILED: { exit: 1, http: 500 },
  TEMPLATE: { exit: 1, http: 500 },
  BAD_VALUE: { exit: 1, http: 422 },
} as const;

export type ErrorCode = keyof typeof table;

export interface ErrorOptions {
  /** Plain data for programs: never the value of a key. */
  readonly details?: JsonObject;
  readonly cause?: unknown;
}

/** A failure with a code that callers can test. A bug stays a plain Error. */
export class MachinistError extends Error {
  readonly code: ErrorCode;
  readonly details: JsonObject;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "MachinistError";
    this.code = code;
    this.details = options.details ?? {};
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(table, value);
}

export function exitStatusOf(code: ErrorCode): number {
  return table[code].exit;
}

export function httpStatusOf(code: ErrorCode): number {
  return table[code].http;
}

/** The text of anything thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The code of anything thrown; FAILED for what is not ours. */
export function codeOf(thrown: unknown): ErrorCode {
  return thrown instanceof MachinistError ? thrown.code : "FAILED";
}
