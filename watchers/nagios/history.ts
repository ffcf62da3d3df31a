/** The last checks of a watcher, as its cursor keeps them over restarts and its events show them. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../src/lib/json.ts";
import type { PerfValue } from "../../src/lib/perfdata.ts";
import { type StatusName, statusCode } from "./status.ts";

const longest = 15;
/** Kept of one check: the cursor is written with every check. */
const mostValues = 20;

export function historyOf(cursor: Json | undefined): readonly Json[] {
  const history = isJsonObject(cursor) ? cursor["history"] : undefined;
  return Array.isArray(history) ? history.slice(-longest) : [];
}

/** @param atMs when the check began */
export function withCheck(
  history: readonly Json[],
  { atMs, status, perfdata }: { atMs: number; status: StatusName; perfdata: readonly PerfValue[] },
): readonly Json[] {
  const entry = { execute: new Date(atMs).toISOString(), status: statusCode(status) };
  const values = perfdataJson(perfdata.slice(0, mostValues));
  return [...history, values.length > 0 ? { ...entry, perfdata: values } : entry].slice(-longest);
}

export function perfdataJson(perfdata: readonly PerfValue[]): JsonObject[] {
  return perfdata.map(({ unit, label, value }) => ({ unit, label, value }));
}
