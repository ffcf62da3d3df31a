/** Runs a command while a lease is held: taken before it, renewed while it runs, given back after it. */
import { type Command, InvalidArgumentError } from "@commander-js/extra-typings";
import type { Lease } from "../../kv/lease/lease.ts";
import { codeOf, MachinistError, messageOf } from "../../lib/errors.ts";
import type { Invocation } from "../invocation.ts";
import { type SignalName, signalNames } from "../surroundings.ts";
import { duration, wholeNumber } from "../values.ts";
import { runChild, statusOfSignal } from "./child.ts";

/** What is taken before the command runs. */
export interface Guard {
  /** "lock deploy of bucket LOCKS" */
  readonly what: string;
  /** @throws TIMEOUT, the signal's reason */
  take(options: { readonly signal: AbortSignal; readonly waitMs?: number }): Promise<Lease>;
  /** Without waiting. */
  tryTake(): Promise<Lease | null>;
  /** Who has it, for the message when it is taken. */
  holders(): Promise<readonly string[]>;
}

interface GuardedOptions {
  readonly wait?: number | undefined | false;
  readonly conflictExitCode?: number | undefined;
}

const largestStatus = 255;

/** Adds the options that `governor run` and `lock run` share. */
export function waitOptions<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
) {
  return command
    .option("--wait <duration>", "how long to wait for it (default: forever)", duration)
    .option("--no-wait", "do not wait: exit status 4 when it is taken")
    .option("-E, --conflict-exit-code <number>", "exit status when it could not be had", exitStatus);
}

/** Passes on the exit status of the command. @throws BUSY, TIMEOUT, LEASE_LOST, store errors */
export async function runGuarded(
  invocation: Invocation,
  guard: Guard,
  words: readonly string[],
  options: GuardedOptions,
): Promise<void> {
  const { exitWith, output } = invocation;
  let taken: Lease | number;
  try {
    taken = await take(invocation, guard, options.wait);
  } catch (error) {
    const isConflict = codeOf(error) === "BUSY" || codeOf(error) === "TIMEOUT";
    if (!isConflict || options.conflictExitCode === undefined) throw error;
    output.message(`machinist: ${messageOf(error)}`);
    return exitWith(options.conflictExitCode);
  }
  if (typeof taken === "number") return exitWith(taken);
  await using lease = taken;
  const { surroundings } = invocation;
  const status = await runChild(surroundings, words, {
    directory: surroundings.workingDirectory,
    environment: { ...surroundings.environment, MACHINIST_FENCE: String(lease.fence) },
    stop: lease.lost,
    graceMs: invocation.config.exec.stopGraceMs,
  });
  if (lease.lost.aborted) throw lost(guard, lease);
  exitWith(status);
}

/** @returns the exit status when a signal ended the wait */
async function take(
  { surroundings: { signals } }: Invocation,
  guard: Guard,
  wait: number | undefined | false,
): Promise<Lease | number> {
  if (wait === false) {
    const lease = await guard.tryTake();
    if (lease) return lease;
    const holders = (await guard.holders()).join(", ") || "somebody";
    throw new MachinistError("BUSY", `${guard.what} is taken: ${holders} has it. Wait for it with --wait`);
  }
  const interrupted = new AbortController();
  const listeners = signalNames.map((name): [SignalName, () => void] => [
    name,
    () => interrupted.abort(name),
  ]);
  for (const [name, listener] of listeners) signals.on(name, listener);
  try {
    return await guard.take({ signal: interrupted.signal, ...(wait !== undefined && { waitMs: wait }) });
  } catch (error) {
    if (interrupted.signal.aborted) return statusOfSignal(interrupted.signal.reason);
    throw error;
  } finally {
    for (const [name, listener] of listeners) signals.off(name, listener);
  }
}

function lost({ what }: Guard, lease: Lease): MachinistError {
  const message = `${what} was lost, and the command was stopped: ${messageOf(lease.lost.reason)}`;
  return new MachinistError("LEASE_LOST", message, { cause: lease.lost.reason });
}

function exitStatus(text: string): number {
  const status = wholeNumber(text);
  if (status <= largestStatus) return status;
  throw new InvalidArgumentError(`Exit statuses end at ${largestStatus}.`);
}
