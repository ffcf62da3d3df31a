/**
 * What is known of a run: lines of JSON in `N.jsonl`, each written once, by whoever knows it: the helper that started it, the same
 * when it ended, the daemon when it concluded something from it. Whatever dies in between leaves a readable file.
 */
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { isJsonObject, type Json } from "../../lib/json.ts";
import type { CommandEnd, CommandResult } from "../command.ts";
import { isEnd } from "../protocol.ts";
import { directoryOf, type LogPlace, metaFile } from "./places.ts";

export interface RunStart {
  readonly owner: string;
  readonly part: string;
  /** MACHINE_RUN_ID: a repeat of the same run has the same. */
  readonly id: string;
  /** ISO 8601. */
  readonly started: string;
  /** `<helper>/<id>`: its directory below `commands` exists as long as it runs. */
  readonly place: string;
  /** Pid of the helper that started it. */
  readonly helper: number;
}

export interface RunEnding {
  readonly ended: string;
  readonly durationMs: number;
  readonly end: CommandEnd;
}

/** What a watcher made of a run. */
export interface RunConclusion {
  readonly outcome: string;
  readonly error?: string | undefined;
  /** The transition it led to, once that is committed. */
  readonly transition?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface RunMeta {
  readonly start: RunStart;
  readonly ending: RunEnding | undefined;
  readonly conclusion: RunConclusion | undefined;
}

export function endingOf(result: Pick<CommandResult, "end" | "durationMs">, nowMs: number): RunEnding {
  return { ended: new Date(nowMs).toISOString(), durationMs: result.durationMs, end: result.end };
}

/** Begins the file. @throws the system's error, EEXIST for a number that is taken */
export function beginMeta(file: string, start: RunStart): void {
  append(file, { ...start }, constants.O_CREAT | constants.O_EXCL);
}

/** @throws the system's error, ENOENT when the run was removed */
export function appendEnding(file: string, ending: RunEnding): void {
  append(file, { ...ending, end: { ...ending.end } });
}

/** Adds what a watcher made of a run; the run may have been removed meanwhile. */
export function concludeRun(
  dataDirectory: string,
  place: LogPlace,
  run: number,
  conclusion: RunConclusion,
): void {
  try {
    append(metaFile(directoryOf(dataDirectory, place), run), JSON.parse(JSON.stringify(conclusion)) as Json);
  } catch {
    // It is gone, or the disk is full: the machine's history still has the transition.
  }
}

/** @returns undefined when it cannot be read, or does not say how the run began */
export function readMeta(file: string): RunMeta | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const found: { start?: RunStart; ending?: RunEnding; conclusion?: RunConclusion } = {};
  for (const line of text.split("\n")) {
    const value = parse(line);
    if (isStart(value)) found.start = value;
    else if (isEnding(value)) found.ending = value;
    else if (isConclusion(value)) found.conclusion = value;
  }
  return found.start && { start: found.start, ending: found.ending, conclusion: found.conclusion };
}

function append(file: string, line: Json, flags = 0): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND | flags, 0o600);
  try {
    writeSync(descriptor, `${JSON.stringify(line)}\n`);
  } finally {
    closeSync(descriptor);
  }
}

/** The last line may be incomplete: then the process that wrote it died. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isStart(value: unknown): value is RunStart {
  return (
    isJsonObject(value) &&
    ["owner", "part", "id", "started", "place"].every((name) => typeof value[name] === "string") &&
    typeof value["helper"] === "number"
  );
}

function isEnding(value: unknown): value is RunEnding {
  return (
    isJsonObject(value) &&
    typeof value["ended"] === "string" &&
    typeof value["durationMs"] === "number" &&
    isEnd(value["end"])
  );
}

function isConclusion(value: unknown): value is RunConclusion {
  return isJsonObject(value) && typeof value["outcome"] === "string";
}
