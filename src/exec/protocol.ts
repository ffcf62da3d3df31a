/** What the daemon and its helper process say to each other. Both check what they receive; nothing else crosses. */
import { isJsonObject } from "../lib/json.ts";
import type { CommandEnd, CommandRequest, CommandResult } from "./command.ts";
import type { LogLimits } from "./output/kept-runs.ts";

/** All that a helper knows of the configuration. */
export interface HelperSettings {
  /** The data directory: names the lock, and holds the files of commands. Absolute. */
  readonly directory: string;
  /** What every command finds in its environment. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  readonly concurrency: number;
  /** From TERM to KILL. */
  readonly stopGraceMs: number;
  /** How much of the output of commands is kept. */
  readonly logs: LogLimits;
}

/**
 * How the processes of a command are told from others. `cgroup`: by a cgroup of its own, and by a search. `search`: of the table of
 * processes. `process-group`: those that left the group are not known.
 */
export const commandTrackings = ["cgroup", "search", "process-group"] as const;
export type CommandTracking = (typeof commandTrackings)[number];

/** `configure` comes first and once. Ids are chosen by the daemon and never repeat. */
export type ToHelper =
  | { readonly type: "configure"; readonly settings: HelperSettings }
  | { readonly type: "run"; readonly id: number; readonly request: CommandRequest }
  | { readonly type: "stop"; readonly id: number };

/**
 * `waiting`: another helper holds the directory (its pid, null when it does not tell). `ready`: nothing of an earlier helper is
 * left, commands start now. `surviving`: KILL does not end these processes of a stopped command, or it cannot be told which run
 * (`problem`); their end is waited for. `refused`: it cannot work and exits. Every `run` gets one `ended`, and `started` before it
 * if it ran.
 */
export type FromHelper =
  | { readonly type: "waiting"; readonly holder: number | null }
  | { readonly type: "ready"; readonly tracking: CommandTracking }
  | { readonly type: "surviving"; readonly pids: readonly number[]; readonly problem: string | null }
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "started"; readonly id: number; readonly pid: number; readonly run: number }
  | { readonly type: "ended"; readonly id: number; readonly result: CommandResult };

/** Whether the helper may act on it. */
export function isToHelper(message: unknown): message is ToHelper {
  if (!isJsonObject(message)) return false;
  switch (message["type"]) {
    case "configure":
      return isSettings(message["settings"]);
    case "run":
      return typeof message["id"] === "number" && isRequest(message["request"]);
    case "stop":
      return typeof message["id"] === "number";
    default:
      return false;
  }
}

/** Whether the daemon may believe it. */
export function isFromHelper(message: unknown): message is FromHelper {
  if (!isJsonObject(message)) return false;
  switch (message["type"]) {
    case "waiting":
      return message["holder"] === null || typeof message["holder"] === "number";
    case "ready":
      return commandTrackings.some((tracking) => tracking === message["tracking"]);
    case "surviving":
      return (
        areNumbers(message["pids"]) && (message["problem"] === null || typeof message["problem"] === "string")
      );
    case "refused":
      return typeof message["reason"] === "string";
    case "started":
      return areNumbers([message["id"], message["pid"], message["run"]]);
    case "ended":
      return typeof message["id"] === "number" && isResult(message["result"]);
    default:
      return false;
  }
}

function isSettings(value: unknown): value is HelperSettings {
  return (
    isJsonObject(value) &&
    typeof value["directory"] === "string" &&
    isTexts(value["baseEnvironment"]) &&
    typeof value["concurrency"] === "number" &&
    typeof value["stopGraceMs"] === "number" &&
    isJsonObject(value["logs"]) &&
    areNumbers([value["logs"]["maxRunSize"], value["logs"]["runs"], value["logs"]["maxTotalSize"]])
  );
}

function isRequest(value: unknown): value is CommandRequest {
  return (
    isJsonObject(value) &&
    Array.isArray(value["argv"]) &&
    value["argv"].every((word) => typeof word === "string") &&
    typeof value["directory"] === "string" &&
    isTexts(value["environment"]) &&
    isTexts(value["files"]) &&
    typeof value["timeoutMs"] === "number" &&
    typeof value["disown"] === "boolean" &&
    typeof value["runId"] === "string" &&
    typeof value["readsStdout"] === "boolean" &&
    isJsonObject(value["log"]) &&
    typeof value["log"]["owner"] === "string" &&
    typeof value["log"]["part"] === "string"
  );
}

function isResult(value: unknown): value is CommandResult {
  return (
    isJsonObject(value) &&
    isEnd(value["end"]) &&
    typeof value["stdout"] === "string" &&
    typeof value["stdoutComplete"] === "boolean" &&
    typeof value["output"] === "string" &&
    (value["run"] === undefined || typeof value["run"] === "number") &&
    typeof value["durationMs"] === "number"
  );
}

export function isEnd(value: unknown): value is CommandEnd {
  if (!isJsonObject(value)) return false;
  switch (value["how"]) {
    case "exited":
      return typeof value["code"] === "number";
    case "signalled":
      return typeof value["signal"] === "string";
    case "timed-out":
      return typeof value["afterMs"] === "number";
    case "not-started":
      return typeof value["reason"] === "string";
    default:
      return value["how"] === "lost" || value["how"] === "stopped";
  }
}

function areNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === "string");
}
