/** The helper's work: starts commands in order of arrival, at most so many at once, and tells what becomes of them. Knows no IPC. */
import { systemClock } from "../lib/clock.ts";
import type { RunCgroup, RunCgroups } from "./cgroup/run-cgroups.ts";
import type { CommandEnd, CommandRequest } from "./command.ts";
import type { RunLog, RunLogs } from "./output/run-logs.ts";
import type { FromHelper, HelperSettings } from "./protocol.ts";
import type { RunDirectories } from "./run-directories.ts";
import { commandMark, disownedMark } from "./run-marks.ts";
import type { Survivors } from "./run-processes.ts";
import {
  type CommandEnding,
  type CommandPlan,
  type RunningCommand,
  resultWithoutRun,
  startCommand,
} from "./running-command.ts";
import { explainFileFailure } from "./start-failure.ts";

/** What the queue works with; `directories` is its alone. */
export interface CommandQueueOptions {
  readonly settings: HelperSettings;
  readonly directories: RunDirectories;
  /** Of the data directory: what the mark in a command's environment begins with. */
  readonly directoryMark: string;
  readonly tell: (message: FromHelper) => void;
}

/** What each run gets. */
export interface RunMeans {
  readonly logs: RunLogs;
  /** undefined when the host offers none. */
  readonly cgroups: RunCgroups | undefined;
}

interface Running {
  readonly request: CommandRequest;
  readonly command: RunningCommand;
  readonly cgroup: RunCgroup | undefined;
}

/** What is made for a command before it starts. */
interface Prepared {
  readonly plan: CommandPlan;
  readonly log: RunLog;
}

interface Ended {
  readonly request: CommandRequest;
  readonly log: RunLog;
  readonly ending: CommandEnding;
}

/** Closed until `open`: what arrives before waits. */
export class CommandQueue {
  readonly #options: CommandQueueOptions;
  readonly #waiting = new Map<number, CommandRequest>();
  readonly #running = new Map<number, Running>();
  /** Undefined while closed. */
  #means: RunMeans | undefined;

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  add(id: number, request: CommandRequest): void {
    this.#waiting.set(id, request);
    this.#startNext();
  }

  /** Begins to start commands: what was added before waits for this. */
  open(means: RunMeans): void {
    this.#means = means;
    this.#startNext();
  }

  stop(id: number): void {
    if (this.#waiting.delete(id)) this.#tellEnd(id, { how: "stopped" });
    else this.#running.get(id)?.command.stop();
  }

  /** Starts nothing more, stops what runs; returns when all but the disowned ones have ended. */
  async close(): Promise<void> {
    this.#means = undefined;
    this.#waiting.clear();
    const owned = [...this.#running.values()].filter(({ request }) => !request.disown);
    for (const { command } of owned) command.stop();
    await Promise.all(owned.map(({ command }) => command.ended));
  }

  #startNext(): void {
    for (const [id, request] of this.#waiting) {
      if (!this.#means || this.#running.size >= this.#options.settings.concurrency) return;
      this.#waiting.delete(id);
      this.#start(id, request, this.#means);
    }
  }

  #start(id: number, request: CommandRequest, means: RunMeans): void {
    let prepared: Prepared;
    try {
      prepared = this.#prepare(id, request, means);
    } catch (error) {
      const reason = explainFileFailure(error);
      this.#tellEnd(id, { how: "not-started", reason });
      return;
    }
    const { stopGraceMs } = this.#options.settings;
    const onSurvivors = (survivors: Survivors): void =>
      this.#options.tell({ type: "surviving", ...survivors });
    const { plan, log } = prepared;
    const command = startCommand(plan, { clock: systemClock, stopGraceMs, onSurvivors });
    log.handedOver();
    this.#running.set(id, { request, command, cgroup: plan.cgroup });
    const { pid } = command;
    if (pid !== undefined) this.#options.tell({ type: "started", id, pid, run: log.run });
    void command.ended.then((ending) => this.#end(id, { request, log, ending }));
  }

  #prepare(id: number, request: CommandRequest, { logs, cgroups }: RunMeans): Prepared {
    const { settings, directories, directoryMark } = this.#options;
    const paths = directories.create(id, request.files);
    const { place, path } = directories.placeOf(id);
    const environment = {
      ...settings.baseEnvironment,
      ...request.environment,
      ...paths,
      MACHINE_RUN_ID: request.runId,
      [request.disown ? disownedMark : commandMark]: `${directoryMark}/${place}`,
    };
    const { argv, directory, timeoutMs, disown } = request;
    const mark = { place, directoryMark, directory: path };
    const log = this.#beginLog(id, request, logs);
    // A disowned command lives on when this helper's runs are killed.
    const cgroup = disown ? undefined : cgroups?.create(place);
    const plan = { argv, directory, environment, timeoutMs: disown ? 0 : timeoutMs, disown, mark };
    return { plan: { ...plan, stdio: log.stdio, cgroup }, log };
  }

  #beginLog(id: number, request: CommandRequest, logs: RunLogs): RunLog {
    const { directories } = this.#options;
    try {
      return logs.begin(request, directories.placeOf(id).place);
    } catch (error) {
      directories.remove(id, request.files);
      throw error;
    }
  }

  #end(id: number, { request, log, ending }: Ended): void {
    this.#running.get(id)?.cgroup?.remove();
    this.#running.delete(id);
    // The output first: a run without its directory and without an end in its log is lost.
    const result = { ...ending, ...log.end(ending) };
    this.#options.directories.remove(id, request.files);
    this.#options.tell({ type: "ended", id, result });
    this.#startNext();
  }

  #tellEnd(id: number, end: CommandEnd): void {
    this.#options.tell({ type: "ended", id, result: resultWithoutRun(end) });
  }
}
