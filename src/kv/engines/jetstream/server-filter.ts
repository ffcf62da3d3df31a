/** Which keys the server is asked for: exactly those wanted where it can say so, else more, to be filtered here. */
import { compileFilter, type KeyFilter } from "../../names.ts";
import type { Filter } from "../../store.ts";
import type { ServerVersion } from "./server-version.ts";

/** More than these are cheaper to filter here. */
const mostFilters = 200;

export interface ServerFilter {
  readonly keys: KeyFilter;
  /** In the grammar of filters. */
  readonly asked: readonly string[];
  /** The server sends nothing else. */
  readonly exact: boolean;
}

/** @throws as compileFilter */
export function serverFilter(filter: Filter, server: ServerVersion): ServerFilter {
  const keys = compileFilter(filter);
  const asked = [...new Set(typeof filter === "string" ? [filter] : filter)];
  if (asked.length === 1) return { keys, asked, exact: true };
  const expressible =
    asked.length <= mostFilters &&
    server.isAtLeast("2.10.0") &&
    !asked.some((one, at) => overlapsAny(one, asked, at));
  return expressible ? { keys, asked, exact: true } : { keys, asked: [">"], exact: false };
}

function overlapsAny(one: string, all: readonly string[], from: number): boolean {
  return all.slice(from + 1).some((other) => overlaps(one.split("."), other.split(".")));
}

/** Some key matches both. The server refuses such filters in one consumer. */
function overlaps(left: readonly string[], right: readonly string[]): boolean {
  for (let at = 0; ; at++) {
    const [one, other] = [left[at], right[at]];
    if (one === undefined || other === undefined) return one === other;
    if (one === ">" || other === ">") return true;
    if (one !== other && one !== "*" && other !== "*") return false;
  }
}
