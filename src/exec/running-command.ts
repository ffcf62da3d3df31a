/** One command from its start to its end: own session, timeout, TERM then KILL. Knows no queue and no IPC. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { type CancelTimer, type Clock, sleep } from "../lib/clock.ts";
import type { ProgramSearch } from "../lib/programs.ts";
import type { RunCgroup } from "./cgroup/run-cgroups.ts";
import type { CommandEnd, CommandResult } from "./command.ts";
import { groupExists, signalGroup } from "./process-group.ts";
import { hasProcessTable, type SystemProcess } from "./process-table.ts";
import { markDescriptor, placeOf } from "./run-marks.ts";
import { RunProcesses, type Survivors, signalProcess } from "./run-processes.ts";
import { explainStartFailure } from "./start-failure.ts";

/** A request whose environment is complete. */
export interface CommandPlan {
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly disown: boolean;
  /** Open files that it inherits. */
  readonly stdio: { readonly stdout: number; readonly stderr: number };
  /** What its processes are recognized by; without it only by session and descent. */
  readonly mark?: RunMark;
  /** It starts in there, and a KILL reaches all that is in there. */
  readonly cgroup?: RunCgroup | undefined;
}

export interface RunMark {
  /** `<helper>/<id>` */
  readonly place: string;
  /** Of the data directory; first part of the variable that marks the run. */
  readonly directoryMark: string;
  /** The run's directory on disk. */
  readonly directory: string;
}

/** What all commands share. */
export interface CommandLimits {
  readonly clock: Clock;
  /** From TERM to KILL. */
  readonly stopGraceMs: number;
  /** Called once for a command whose processes KILL does not end, or cannot be found; it ends when they are gone. */
  readonly onSurvivors?: (survivors: Survivors) => void;
}

export type CommandEnding = Pick<CommandResult, "end" | "durationMs">;

export interface RunningCommand {
  /** Leader of its process group; undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Never rejects. A stopped one ends when all its processes are gone. */
  readonly ended: Promise<CommandEnding>;
  /** TERM to all its processes, KILL after the grace; it then ends as `stopped`. Does nothing to a disowned or ended one. */
  stop(): void;
}

/** How often to look whether the processes of a stopped command are gone: the system sends no notice of it. */
const firstPollMs = 10;
const longestPollMs = 160;
/** Without a process table, what is left of the group this long after KILL are zombies, or processes that cannot be killed. */
const groupLimitMs = 1_000;

/** Starts it at once. Never throws: what cannot start ends as `not-started`. */
export function startCommand(plan: CommandPlan, limits: CommandLimits): RunningCommand {
  const fault = faultOf(plan);
  if (fault !== undefined) return neverStarted(fault);
  let child: ChildProcess;
  try {
    child = plan.cgroup ? plan.cgroup.within(() => spawnPlan(plan)) : spawnPlan(plan);
  } catch (error) {
    return neverStarted(explainStartFailure(error, attemptOf(plan)));
  }
  if (child.pid === undefined) {
    const reason = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(explainStartFailure(error, attemptOf(plan))));
    });
    return neverStarted(reason);
  }
  return new StartedCommand({ child, pid: child.pid, plan, limits });
}

/** What a command yields that did not run. */
export function resultWithoutRun(end: CommandEnd): CommandResult {
  return { end, stdout: "", stdoutComplete: true, output: "", durationMs: 0 };
}

function spawnPlan(plan: CommandPlan): ChildProcess {
  const [program = "", ...args] = plan.argv;
  const held = plan.mark && !plan.disown ? openSync(plan.mark.directory, "r") : undefined;
  const between = Array<"ignore">(markDescriptor - 3).fill("ignore");
  try {
    return spawn(program, args, {
      cwd: plan.directory,
      env: { ...plan.environment },
      // A session of its own, which a stop reaches as a whole and a signal from the terminal does not.
      detached: true,
      stdio: [
        "ignore",
        plan.stdio.stdout,
        plan.stdio.stderr,
        ...(held === undefined ? [] : [...between, held]),
      ],
    });
  } finally {
    if (held !== undefined) closeSync(held);
  }
}

/** What no system could start; found here because Node's message would quote the argument, which may be a key's value. */
function faultOf({ argv, environment }: CommandPlan): string | undefined {
  if (!argv[0]) return "the command is empty";
  const argument = argv.findIndex((word) => word.includes("\0"));
  if (argument >= 0) return `word ${argument + 1} of the command holds a NUL character`;
  const variable = Object.keys(environment).find((name) => `${name}${environment[name]}`.includes("\0"));
  return variable === undefined ? undefined : `variable ${JSON.stringify(variable)} holds a NUL character`;
}

function attemptOf({ argv, directory, environment }: CommandPlan): ProgramSearch {
  return { program: argv[0] ?? "", directory, path: environment["PATH"] ?? "" };
}

function neverStarted(reason: string | Promise<string>): RunningCommand {
  const ended = Promise.resolve(reason).then((text): CommandEnding => {
    return { end: { how: "not-started", reason: text }, durationMs: 0 };
  });
  return { pid: undefined, ended, stop: () => undefined };
}

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly plan: CommandPlan;
  readonly limits: CommandLimits;
}

class StartedCommand implements RunningCommand {
  readonly pid: number;
  readonly ended: Promise<CommandEnding>;
  readonly #started: Started;
  readonly #startedAt = performance.now();
  readonly #processes: RunProcesses;
  #exit: CommandEnd | undefined;
  #stopping: CommandEnd | undefined;
  #killing: Promise<void> | undefined;
  #cancelTimeout: CancelTimer = () => undefined;
  #cancelKill: CancelTimer = () => undefined;

  constructor(started: Started) {
    const { pid, plan, limits } = started;
    this.#started = started;
    this.pid = pid;
    this.#processes = new RunProcesses(
      (process) => process.session === pid || isMarked(process.pid, plan),
      () => plan.cgroup?.kill(),
    );
    if (plan.timeoutMs > 0) {
      const timedOut: CommandEnd = { how: "timed-out", afterMs: plan.timeoutMs };
      this.#cancelTimeout = limits.clock.after(plan.timeoutMs, () => this.#stop(timedOut));
    }
    this.ended = this.#follow();
  }

  stop(): void {
    this.#stop({ how: "stopped" });
  }

  #stop(end: CommandEnd): void {
    if (this.#started.plan.disown || this.#stopping || this.#exit) return;
    this.#stopping = end;
    const elsewhere = this.#outsideGroup();
    signalGroup(this.pid, "SIGTERM");
    for (const { pid } of elsewhere) signalProcess(pid, "SIGTERM");
    this.#cancelKill = this.#started.limits.clock.after(this.#started.limits.stopGraceMs, () => {
      this.#killing = this.#kill();
    });
  }

  async #follow(): Promise<CommandEnding> {
    this.#exit = await exitOf(this.#started.child);
    this.#cancelTimeout();
    const durationMs = Math.round(performance.now() - this.#startedAt);
    if (this.#stopping) await this.#processesGone();
    this.#cancelKill();
    return { end: this.#stopping ?? this.#exit, durationMs };
  }

  /** A stop reaches every process of the run, so its end is the end of all: none runs beside a repeat. */
  async #processesGone(): Promise<void> {
    let pollMs = firstPollMs;
    while (!this.#killing && this.#isAlive()) {
      await sleep(this.#started.limits.clock, pollMs);
      pollMs = Math.min(pollMs * 2, longestPollMs);
    }
    await this.#killing;
  }

  async #kill(): Promise<void> {
    const { clock, onSurvivors = () => undefined } = this.#started.limits;
    if (hasProcessTable) return this.#processes.killed(clock, onSurvivors);
    signalGroup(this.pid, "SIGKILL");
    for (let waitedMs = 0; waitedMs < groupLimitMs && this.#isAlive(); waitedMs += firstPollMs)
      await sleep(clock, firstPollMs);
  }

  /** A search that fails leaves them to KILL. */
  #outsideGroup(): SystemProcess[] {
    try {
      return this.#processes.find().filter(({ group }) => group !== this.pid);
    } catch {
      return [];
    }
  }

  #isAlive(): boolean {
    return hasProcessTable ? !this.#processes.isGone() : groupExists(this.pid);
  }
}

function isMarked(pid: number, { mark }: CommandPlan): boolean {
  return mark !== undefined && placeOf(pid, mark.directoryMark) === mark.place;
}

function exitOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      if (signal) resolve({ how: "signalled", signal });
      else resolve({ how: "exited", code: code ?? 0 });
    });
  });
}
