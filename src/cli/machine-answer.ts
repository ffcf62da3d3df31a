/** What the daemon says of machines, read into types. A field that is missing reads as empty, so versions may differ. */
import type { MachineDetails, MachineSummary, WatcherDetails } from "../http/machine-view.ts";
import { MachinistError } from "../lib/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { MissedRevisions } from "../watching/missed-revisions.ts";

export interface TransitionLine {
  readonly transition: string;
  readonly from: string;
  readonly to: string;
  readonly at: string;
  readonly by: string;
  readonly revision: number;
}

/** @throws FAILED for what is no list */
export function readMachines(answer: Json): MachineSummary[] {
  return list(answer).map(readMachine);
}

/** @throws FAILED for what is no object */
export function readMachine(answer: Json): MachineDetails {
  const machine = object(answer);
  return {
    name: text(machine["name"]),
    version: textOrNull(machine["version"]),
    state: textOrNull(machine["state"]),
    since: textOrNull(machine["since"]),
    transitions: list(machine["transitions"] ?? []).map(text),
    health: text(machine["health"]),
    paused: pausedIn(machine["paused"]),
    delayed: delayedIn(machine["delayed"]),
    file: text(machine["file"]),
    faults: list(machine["faults"] ?? []).map(text),
    id: textOrNull(machine["id"]),
    definition: textOrNull(machine["definition"]),
    data: object(machine["data"] ?? {}),
    last: machine["last"] ? object(machine["last"]) : null,
    counters: object(machine["counters"] ?? {}),
    watchers: list(machine["watchers"] ?? []).map(readWatcher),
  };
}

function pausedIn(answer: Json | undefined): MachineSummary["paused"] {
  return isJsonObject(answer) ? { at: text(answer["at"]), by: text(answer["by"]) } : null;
}

function delayedIn(answer: Json | undefined): MachineSummary["delayed"] {
  if (!isJsonObject(answer)) return null;
  const { transition, by, reason, since, until } = answer;
  return {
    transition: text(transition),
    by: text(by),
    reason: text(reason),
    since: text(since),
    until: text(until),
  };
}

function awaitedSlotIn(answer: Json | undefined): WatcherDetails["awaitedSlot"] {
  return isJsonObject(answer) ? { governor: text(answer["governor"]), since: text(answer["since"]) } : null;
}

export function readHistory(answer: Json): TransitionLine[] {
  return list(answer).map((line) => {
    const { transition, from, to, at, by, revision } = object(line);
    const number = typeof revision === "number" ? revision : 0;
    return {
      transition: text(transition),
      from: text(from),
      to: text(to),
      at: text(at),
      by: text(by),
      revision: number,
    };
  });
}

/** @throws FAILED */
export function object(answer: Json | undefined): JsonObject {
  if (isJsonObject(answer)) return answer;
  throw new MachinistError("FAILED", "the daemon answered with something else than an object");
}

/** "" for what is no text. */
export function text(value: Json | undefined): string {
  return textOrNull(value) ?? "";
}

function readWatcher(answer: Json): WatcherDetails {
  const watcher = object(answer);
  return {
    name: text(watcher["name"]),
    type: text(watcher["type"]),
    active: watcher["active"] === true,
    looking: watcher["looking"] === true,
    outcome: text(watcher["outcome"]),
    lookedAt: textOrNull(watcher["lookedAt"]),
    nextLookAt: textOrNull(watcher["nextLookAt"]),
    awaitedSlot: awaitedSlotIn(watcher["awaitedSlot"]),
    missed: missedIn(watcher["missed"]),
    error: textOrNull(watcher["error"]),
    output: textOrNull(watcher["output"]),
    detail: object(watcher["detail"] ?? {}),
  };
}

function missedIn(answer: Json | undefined): MissedRevisions | null {
  if (!isJsonObject(answer) || typeof answer["revisions"] !== "number") return null;
  const { bucket, revisions, isExact } = answer;
  return { bucket: text(bucket), revisions, isExact: isExact === true };
}

function list(answer: Json): readonly Json[] {
  if (Array.isArray(answer)) return answer;
  throw new MachinistError("FAILED", "the daemon answered with something else than a list");
}

function textOrNull(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}
