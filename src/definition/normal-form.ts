/** Brings the ways that people and Choria write the same thing into one: keys left empty, versions that look like numbers. */
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { Path, Problem } from "./fault.ts";

/** How a scalar was written: `1.0` where the value is 1. */
export type SourceAt = (path: Path) => string | undefined;

const optional: Readonly<Record<"machine" | "transition" | "watcher", ReadonlySet<string>>> = {
  machine: new Set(["description", "splay_start", "on_restart", "rate_limit"]),
  transition: new Set(["description", "subscribe", "when", "set", "increment"]),
  watcher: new Set([
    "state_match",
    "foreign_state_required",
    "success_transition",
    "fail_transition",
    "interval",
    "announce_interval",
    "retry",
    "requires",
    "properties",
  ]),
};

/** Choria reads these, written as "", as if they were not there; its documents write `interval: 0` for none. */
const mayBeBlank = new Set(["success_transition", "fail_transition", "interval", "announce_interval"]);

export interface NormalForm {
  readonly document: Json;
  readonly problems: readonly Problem[];
}

/** Paths stay as they are: keys go, nothing moves. */
export function normalForm(document: Json, sourceAt: SourceAt): NormalForm {
  if (!isJsonObject(document)) return { document, problems: [] };
  const { version, problems } = versionText(document["version"], sourceAt);
  const kept = withoutEmpty(document, optional.machine);
  return {
    document: {
      ...kept,
      ...(version === undefined ? {} : { version }),
      ...each(kept, "transitions", optional.transition),
      ...each(kept, "watchers", optional.watcher),
    },
    problems,
  };
}

/** `version: 1.0` is a number to YAML and a text to people. */
function versionText(
  found: Json | undefined,
  sourceAt: SourceAt,
): { version: Json | undefined; problems: Problem[] } {
  const version = typeof found === "number" ? (sourceAt(["version"]) ?? String(found)) : found;
  if (typeof version !== "string" || version === "" || /^\d+\.\d+\.\d+$/.test(version)) {
    return { version, problems: [] };
  }
  const message = `${JSON.stringify(version)} is no version of three numbers such as "1.0.0"; other tools may refuse it`;
  return { version, problems: [{ path: ["version"], message, severity: "warning" }] };
}

function each(document: JsonObject, key: string, names: ReadonlySet<string>): JsonObject {
  const list = document[key];
  if (!Array.isArray(list)) return {};
  return { [key]: list.map((item: Json) => (isJsonObject(item) ? withoutEmpty(item, names) : item)) };
}

function withoutEmpty(object: JsonObject, names: ReadonlySet<string>): JsonObject {
  const entries = Object.entries(object);
  const kept = entries.filter(
    ([key, value]) => !(names.has(key) && (value === null || (mayBeBlank.has(key) && isBlank(value)))),
  );
  return kept.length === entries.length ? object : Object.fromEntries(kept);
}

function isBlank(value: Json): boolean {
  return value === "" || value === 0;
}
