/** What running a command means: the request, the ways it can end, and who runs it. Knows nothing of machines. */
import { formatDuration } from "../lib/duration.ts";
import type { LogPlace } from "./output/places.ts";

export interface CommandRequest {
  /** The program and its arguments; no shell. A bare name is searched in `environment.PATH`, the last element included. */
  readonly argv: readonly string[];
  /** Working directory, absolute. */
  readonly directory: string;
  /** Added to the runner's base environment (PATH, HOME, USER, LANG, TZ); nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variable name → text: written to a file (mode 0600) whose path the variable holds; removed when the command ended. */
  readonly files: Readonly<Record<string, string>>;
  /** Stops the command and all it started (TERM, then KILL) when it runs longer; counts from its start; 0 = never. */
  readonly timeoutMs: number;
  /** Not stopped by an abort, a timeout or the end of the daemon; still waited for. */
  readonly disown: boolean;
  /** The same when a run is repeated after a crash; reaches the command as MACHINE_RUN_ID. */
  readonly runId: string;
  /** Under which names its output is kept. */
  readonly log: LogPlace;
  /** Keeps standard output apart from standard error, for `stdout` of the result. */
  readonly readsStdout: boolean;
}

/**
 * How a command ended. `lost`: the helper process died under it. `stopped`: the signal was aborted, before or during it.
 */
export type CommandEnd =
  | { readonly how: "exited"; readonly code: number }
  | { readonly how: "signalled"; readonly signal: string }
  | { readonly how: "timed-out"; readonly afterMs: number }
  | { readonly how: "not-started"; readonly reason: string }
  | { readonly how: "lost" }
  | { readonly how: "stopped" };

export interface CommandResult {
  readonly end: CommandEnd;
  /** Standard output when the request reads it, else empty. At most 1 MiB; `stdoutComplete` tells whether that is all of it. */
  readonly stdout: string;
  readonly stdoutComplete: boolean;
  /** The last 64 KiB of the output: both streams as they came; when standard output is read alone, first that and then standard error. */
  readonly output: string;
  /** Number of the run in its log; undefined when it was never begun. */
  readonly run?: number | undefined;
  /** Milliseconds between start and end; 0 when it never started. */
  readonly durationMs: number;
}

export interface CommandRunner {
  /** What every command finds in its environment before the request's own variables: PATH, HOME, USER, LANG, TZ. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  /** Queues a command; at most `concurrency` run at once, in order of arrival. Never rejects: every failure is an end. */
  run(request: CommandRequest, signal: AbortSignal): Promise<CommandResult>;
}

/** `exit status 3`, `timed out after 10s`…: one place decides the words, so no end is reported as another. */
export function describeEnd(end: CommandEnd): string {
  switch (end.how) {
    case "exited":
      return `exit status ${end.code}`;
    case "signalled":
      return `ended by ${end.signal}`;
    case "timed-out":
      return `timed out after ${formatDuration(end.afterMs)} and was stopped`;
    case "not-started":
      return `could not start: ${end.reason}`;
    case "lost":
      return "the process that runs commands died under it";
    case "stopped":
      return "stopped";
  }
}
