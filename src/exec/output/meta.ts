/**
 * What is known of a run: lines of JSON in `N.jsonl`, each written once, by whoever knows it: the helper that started it, the same
 * when it ended. Whatever dies in between leaves a readable file.
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { Json } from "../../lib/json.ts";
import type { CommandEnd, CommandResult } from "../command.ts";

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

function append(file: string, line: Json, flags = 0): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND | flags, 0o600);
  try {
    writeSync(descriptor, `${JSON.stringify(line)}\n`);
  } finally {
    closeSync(descriptor);
  }
}
