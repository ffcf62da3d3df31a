/** A command that runs in the place of machinist: with its terminal and environment, its signals, and its exit status. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Environment } from "../../config/sources.ts";
import { messageOf } from "../../lib/errors.ts";
import { type SignalName, type Surroundings, signalNames } from "../surroundings.ts";

export interface ChildOptions {
  /** Working directory. */
  readonly directory: string;
  /** All of it. */
  readonly environment: Environment;
  /** Once aborted the command is stopped: TERM, and KILL after `graceMs`. */
  readonly stop: AbortSignal;
  readonly graceMs: number;
}

/**
 * Runs it to its end. On a terminal Ctrl-C reaches it directly; elsewhere it leads a process group of its own, and what is sent to
 * machinist is sent to the group.
 * @returns its exit status, 128 and the signal's number when a signal ended it, 127 when there is no such program, 126 when it
 * cannot be started
 */
export async function runChild(
  surroundings: Surroundings,
  [program = "", ...words]: readonly string[],
  { directory, environment, stop, graceMs }: ChildOptions,
): Promise<number> {
  const { stdin, signals, clock } = surroundings;
  const isTerminal = stdin.isTTY === true;
  let child: ChildProcess | undefined;
  const send = (signal: NodeJS.Signals): void => sendTo(child, signal, !isTerminal);
  const forwards = signalNames.map((signal): [SignalName, () => void] => [
    signal,
    // The terminal has sent it to the command, too.
    isTerminal && (signal === "SIGINT" || signal === "SIGQUIT") ? () => undefined : () => send(signal),
  ]);
  // Before it starts: a signal that comes with its first output must not end machinist instead.
  for (const [signal, forward] of forwards) signals.on(signal, forward);
  let cancelKill: (() => void) | undefined;
  const end = (): void => {
    send("SIGTERM");
    cancelKill = clock.after(graceMs, () => send("SIGKILL"));
  };
  try {
    child = spawn(program, words, {
      cwd: directory,
      env: environment,
      stdio: "inherit",
      detached: !isTerminal,
    });
    if (stop.aborted) end();
    else stop.addEventListener("abort", end, { once: true });
    return await statusOf(child);
  } catch (cause) {
    return notStarted(surroundings, program, cause);
  } finally {
    stop.removeEventListener("abort", end);
    cancelKill?.();
    // What it left behind must not go on without the lease.
    if (stop.aborted && !isTerminal) send("SIGKILL");
    for (const [signal, forward] of forwards) signals.off(signal, forward);
  }
}

function sendTo(child: ChildProcess | undefined, signal: NodeJS.Signals, isGroup: boolean): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(isGroup ? -child.pid : child.pid, signal);
  } catch {
    // It has ended already.
  }
}

function statusOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? statusOfSignal(signal ?? "SIGKILL")));
  });
}

/** As shells count. */
export function statusOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function notStarted({ stderr }: Surroundings, program: string, cause: unknown): number {
  const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  const reason = isMissing ? "there is no such program" : messageOf(cause);
  stderr.write(`machinist: could not start ${JSON.stringify(program)}: ${reason}\n`);
  return isMissing ? 127 : 126;
}
