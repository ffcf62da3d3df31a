/**
 * A document in the names of the code. Reads anything: what is not there or has the wrong shape becomes empty, so that
 * the rest can still be checked. Of a document with the right shape nothing is lost.
 */
import { type Condition, parseCondition } from "../lib/condition.ts";
import { parseDuration } from "../lib/duration.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { readAssignments } from "./assignments/read.ts";
import { defaultDelaysMs, defaultQuietMs, mostParts } from "./machine-schema.ts";
import type { Definition, RateLimit, RetryPlan, TransitionDefinition, WatcherDefinition } from "./shape.ts";

/** A watcher whose properties nobody has read yet. */
export type WatcherDraft = Omit<WatcherDefinition, "properties"> & { readonly raw: Json };

export type Draft = Omit<Definition, "states" | "watchers" | "hash" | "file" | "directory"> & {
  readonly watchers: readonly WatcherDraft[];
};

export function draftOf(document: JsonObject): Draft {
  return {
    name: text(document["name"]),
    version: text(document["version"]),
    description: text(document["description"]),
    initialState: text(document["initial_state"]),
    splayStartMs: splay(document["splay_start"]),
    onRestart: document["on_restart"] === "reset" ? "reset" : "resume",
    rateLimit: rateLimit(document["rate_limit"]),
    transitions: maps(document["transitions"]).slice(0, mostParts).map(transition),
    watchers: maps(document["watchers"]).slice(0, mostParts).map(watcher),
  };
}

function transition(map: JsonObject): TransitionDefinition {
  return {
    name: text(map["name"]),
    from: texts(map["from"]),
    destination: text(map["destination"]),
    description: text(map["description"]),
    subscribe: maps(map["subscribe"]).map((from) => ({
      machine: text(from["machine_name"]),
      event: text(from["event"]),
    })),
    when: condition(map["when"]),
    assignments: readAssignments(map),
  };
}

function condition(value: Json | undefined): Condition | undefined {
  try {
    return typeof value === "string" && value !== "" ? parseCondition(value) : undefined;
  } catch {
    // The check of conditions complains of it.
    return undefined;
  }
}

function watcher(map: JsonObject): WatcherDraft {
  return {
    name: text(map["name"]),
    type: text(map["type"]),
    stateMatch: texts(map["state_match"]),
    foreignStates: maps(map["foreign_state_required"]).map((foreign) => ({
      machine: text(foreign["machine_name"]),
      state: text(foreign["state"]),
    })),
    successTransition: text(map["success_transition"]) || undefined,
    failTransition: text(map["fail_transition"]) || undefined,
    // No time between looks would be no interval: 0s says so.
    intervalMs: durationMs(map["interval"]) || undefined,
    announceIntervalMs: durationMs(map["announce_interval"]),
    retry: retryPlan(map["retry"]),
    requires: texts(map["requires"]),
    raw: map["properties"] ?? {},
  };
}

function retryPlan(value: Json | undefined): RetryPlan | undefined {
  if (!isJsonObject(value)) return undefined;
  return {
    times: number(value["times"]) ?? 1,
    delayMs: durationMs(value["delay"]) ?? 1_000,
    factor: number(value["backoff"]) ?? 2,
    longestMs: durationMs(value["longest"]) ?? 60_000,
    jitter: number(value["jitter"]) ?? 0.5,
  };
}

function number(value: Json | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function rateLimit(value: Json | undefined): RateLimit | null {
  if (value === false) return null;
  const own = isJsonObject(value) ? value : {};
  const delays = list(own["delays"]).map((delay) => durationMs(delay) ?? 0);
  return {
    delaysMs: delays.length > 0 ? delays : defaultDelaysMs,
    quietMs: durationMs(own["quiet"]) ?? defaultQuietMs,
  };
}

function splay(value: Json | undefined): number {
  return typeof value === "number" ? value * 1_000 : (durationMs(value) ?? 0);
}

function durationMs(value: Json | undefined): number | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return parseDuration(value);
  } catch {
    // The schema has complained of it.
    return undefined;
  }
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function texts(value: Json | undefined): string[] {
  return list(value).map(text);
}

/** Keeps every index: an item that is no map is an empty one. */
function maps(value: Json | undefined): JsonObject[] {
  return list(value).map((item) => (isJsonObject(item) ? item : {}));
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
