/**
 * Runs commands through the helper process: queues, hands over, and answers for every command also when the helper dies. Start it
 * early: forking the helper is cheap only while the daemon is small.
 */
import { availableParallelism } from "node:os";
import { type Clock, sleep } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { CommandEnd, CommandRequest, CommandResult, CommandRunner } from "./command.ts";
import { KeptHelper } from "./kept-helper.ts";
import { defaultLogLimits, type LogLimits } from "./output/kept-runs.ts";
import { signalGroup } from "./process-group.ts";
import type { CommandTracking } from "./protocol.ts";
import { RunProcesses } from "./run-processes.ts";
import { resultWithoutRun } from "./running-command.ts";

export interface CommandRunnerOptions {
  /** The data directory; must exist. Names the lock between helpers, and holds the files of running commands. */
  readonly directory: string;
  /** What every command finds in its environment, exactly: PATH, HOME, USER, LANG, TZ. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  /** Commands at once. Default: the number of cores. */
  readonly concurrency?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** How much of the output of commands is kept. Default: 1 MiB per run, 20 runs per watcher, 256 MiB in all. */
  readonly logs?: LogLimits | undefined;
  /** From TERM to KILL when a command is stopped. Default: 5000. */
  readonly stopGraceMs?: number | undefined;
  /** In [0, 1), spreads restarts of the helper. Default: Math.random. */
  readonly random?: (() => number) | undefined;
}

export interface StopOptions {
  /** How long running commands may go on before they are stopped. */
  readonly drainMs: number;
}

export interface HelperRunner extends CommandRunner {
  /** Of the helper process now; undefined while there is none. */
  readonly helperPid: number | undefined;
  /** How the processes of commands are found; undefined while it waits for an earlier daemon's helper. */
  readonly tracking: CommandTracking | undefined;
  /**
   * Starts nothing more: what waits ends as `stopped`. Running commands may end within `drainMs`, then they are stopped; disowned ones
   * end as `lost` and go on. Then the helper exits. The same promise when called again.
   */
  stop(options: StopOptions): Promise<void>;
}

/**
 * Starts the helper. Returns once it works or waits for an earlier daemon's helper to finish; commands are queued meanwhile.
 * @throws FAILED when the helper cannot work, with its reason
 */
export async function startCommandRunner(options: CommandRunnerOptions): Promise<HelperRunner> {
  const runner = new Runner(options);
  await runner.begun;
  return runner;
}

interface Job {
  readonly id: number;
  readonly request: CommandRequest;
  readonly signal: AbortSignal;
  readonly finish: (result: CommandResult) => void;
  /** Leader of its process group and number of the run, once the helper started it. */
  started?: { readonly pid: number; readonly run: number };
}

const defaultStopGraceMs = 5_000;
/** Beyond the grace: what the helper needs to notice and report. */
const marginMs = 3_000;

class Runner implements HelperRunner {
  readonly baseEnvironment: Readonly<Record<string, string>>;
  readonly #clock: Clock;
  readonly #concurrency: number;
  readonly #stopGraceMs: number;
  readonly #helper: KeptHelper;
  /** Not yet with the helper, in order of arrival. */
  #waiting = new Map<number, Job>();
  readonly #sent = new Map<number, Job>();
  #lastId = 0;
  #stopped: Promise<void> | undefined;
  #onEnd: () => void = () => undefined;

  constructor(options: CommandRunnerOptions) {
    this.#clock = options.clock;
    this.#concurrency = options.concurrency ?? availableParallelism();
    this.#stopGraceMs = options.stopGraceMs ?? defaultStopGraceMs;
    const { directory, baseEnvironment } = options;
    this.baseEnvironment = baseEnvironment;
    this.#helper = new KeptHelper({
      settings: {
        directory,
        baseEnvironment,
        concurrency: this.#concurrency,
        stopGraceMs: this.#stopGraceMs,
        logs: options.logs ?? defaultLogLimits,
      },
      clock: options.clock,
      log: options.log,
      random: options.random ?? Math.random,
      listener: {
        started: (id, started) => this.#started(id, started),
        ended: (id, result) => this.#ended(id, result),
        died: () => this.#helperDied(),
        restarted: () => this.#handOver(),
      },
    });
  }

  get begun(): Promise<void> {
    return this.#helper.begun;
  }

  get helperPid(): number | undefined {
    return this.#helper.pid;
  }

  get tracking(): CommandTracking | undefined {
    return this.#helper.tracking;
  }

  run(request: CommandRequest, signal: AbortSignal): Promise<CommandResult> {
    if (signal.aborted || this.#stopped) return Promise.resolve(resultWithoutRun({ how: "stopped" }));
    return new Promise((resolve) => {
      const id = ++this.#lastId;
      const onAbort = (): void => this.#abort(id);
      signal.addEventListener("abort", onAbort, { once: true });
      const finish = (result: CommandResult): void => {
        signal.removeEventListener("abort", onAbort);
        resolve(result);
      };
      this.#waiting.set(id, { id, request, signal, finish });
      this.#handOver();
    });
  }

  stop(options: StopOptions): Promise<void> {
    this.#stopped ??= this.#stop(options.drainMs);
    return this.#stopped;
  }

  /** The helper gets what it can run and as much again, so that it never waits for the next; the rest stays here. */
  #handOver(): void {
    for (const [id, job] of this.#waiting) {
      if (!this.#helper.present || this.#sent.size >= this.#concurrency * 2) return;
      this.#waiting.delete(id);
      this.#sent.set(id, job);
      this.#helper.send({ type: "run", id, request: job.request });
    }
  }

  #started(id: number, started: NonNullable<Job["started"]>): void {
    const job = this.#sent.get(id);
    if (job) job.started = started;
  }

  #ended(id: number, result: CommandResult): void {
    const job = this.#sent.get(id);
    this.#sent.delete(id);
    job?.finish(result);
    this.#handOver();
    this.#onEnd();
  }

  #abort(id: number): void {
    const job = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (job) job.finish(resultWithoutRun({ how: "stopped" }));
    else this.#helper.send({ type: "stop", id });
  }

  #helperDied(): void {
    const orphaned = [...this.#sent.values()];
    this.#sent.clear();
    const again = new Map<number, Job>();
    for (const job of orphaned) {
      if (job.started) lose(job, job.started);
      else if (this.#stopped || job.signal.aborted) job.finish(resultWithoutRun({ how: "stopped" }));
      else again.set(job.id, job);
    }
    this.#waiting = new Map([...again, ...this.#waiting]);
    this.#onEnd();
  }

  async #stop(drainMs: number): Promise<void> {
    const limitMs = this.#stopGraceMs + marginMs;
    for (const job of this.#waiting.values()) job.finish(resultWithoutRun({ how: "stopped" }));
    this.#waiting.clear();
    for (const job of this.#sent.values()) {
      if (!job.started) this.#helper.send({ type: "stop", id: job.id });
    }
    await this.#until(() => this.#sent.size === 0, drainMs);
    for (const job of this.#sent.values()) this.#helper.send({ type: "stop", id: job.id });
    await this.#until(() => [...this.#sent.values()].every((job) => job.request.disown), limitMs);
    await this.#helper.end(limitMs);
  }

  /** Waits for ends of commands until the condition holds, at most so long. */
  async #until(condition: () => boolean, limitMs: number): Promise<void> {
    if (condition()) return;
    const holds = new AbortController();
    this.#onEnd = () => {
      if (condition()) holds.abort();
    };
    await sleep(this.#clock, limitMs, holds.signal).catch(() => undefined);
    this.#onEnd = () => undefined;
  }
}

/** Nobody watches it any more, so it must not go on. What only its marks lead to is found by the next helper. */
function lose(job: Job, { pid, run }: NonNullable<Job["started"]>): void {
  const end: CommandEnd = { how: "lost" };
  if (!job.request.disown) {
    new RunProcesses(({ session }) => session === pid).kill();
    signalGroup(pid, "SIGKILL");
  }
  job.finish({ ...resultWithoutRun(end), run });
}
