/** The helper's work: starts commands in order of arrival, at most so many at once, and tells what becomes of them. Knows no IPC. */
import { systemClock } from "../lib/clock.ts";
import type { RunCgroup, RunCgroups } from "./cgroup/run-cgroups.ts";
import type { CommandEnd, CommandRequest, CommandResult } from "./command.ts";
import type { FromHelper, HelperSettings } from "./protocol.ts";
import type { RunDirectories } from "./run-directories.ts";
import { commandMark, disownedMark } from "./run-marks.ts";
import type { Survivors } from "./run-processes.ts";
import { type CommandPlan, type RunningCommand, resultWithoutRun, startCommand } from "./running-command.ts";
import { explainFileFailure } from "./start-failure.ts";

/** What the queue works with; `directories` is its alone. */
export interface CommandQueueOptions {
  readonly settings: HelperSettings;
  readonly directories: RunDirectories;
  /** Of the data directory: what the mark in a command's environment begins with. */
  readonly directoryMark: string;
  readonly tell: (message: FromHelper) => void;
}

interface Running {
  readonly request: CommandRequest;
  readonly command: RunningCommand;
  readonly cgroup: RunCgroup | undefined;
}

/** Closed until `open`: what arrives before waits. */
export class CommandQueue {
  readonly #options: CommandQueueOptions;
  readonly #waiting = new Map<number, CommandRequest>();
  readonly #running = new Map<number, Running>();
  #cgroups: RunCgroups | undefined;
  #open = false;

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  add(id: number, request: CommandRequest): void {
    this.#waiting.set(id, request);
    this.#startNext();
  }

  /** Begins to start commands, each in a cgroup if the host offers them: what was added before waits for this. */
  open(cgroups: RunCgroups | undefined): void {
    this.#cgroups = cgroups;
    this.#open = true;
    this.#startNext();
  }

  stop(id: number): void {
    if (this.#waiting.delete(id)) this.#tellEnd(id, { how: "stopped" });
    else this.#running.get(id)?.command.stop();
  }

  /** Starts nothing more, stops what runs; returns when all but the disowned ones have ended. */
  async close(): Promise<void> {
    this.#open = false;
    this.#waiting.clear();
    const owned = [...this.#running.values()].filter(({ request }) => !request.disown);
    for (const { command } of owned) command.stop();
    await Promise.all(owned.map(({ command }) => command.ended));
  }

  #startNext(): void {
    for (const [id, request] of this.#waiting) {
      if (!this.#open || this.#running.size >= this.#options.settings.concurrency) return;
      this.#waiting.delete(id);
      this.#start(id, request);
    }
  }

  #start(id: number, request: CommandRequest): void {
    let plan: CommandPlan;
    try {
      plan = this.#plan(id, request);
    } catch (error) {
      const reason = explainFileFailure(error);
      this.#tellEnd(id, { how: "not-started", reason });
      return;
    }
    const { stopGraceMs } = this.#options.settings;
    const onSurvivors = (survivors: Survivors): void =>
      this.#options.tell({ type: "surviving", ...survivors });
    const command = startCommand(plan, { clock: systemClock, stopGraceMs, onSurvivors });
    this.#running.set(id, { request, command, cgroup: plan.cgroup });
    if (command.pid !== undefined) this.#options.tell({ type: "started", id, pid: command.pid });
    void command.ended.then((result) => this.#end(id, request, result));
  }

  #plan(id: number, request: CommandRequest): CommandPlan {
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
    // A disowned command lives on when this helper's runs are killed.
    const cgroup = disown ? undefined : this.#cgroups?.create(place);
    return { argv, directory, environment, timeoutMs: disown ? 0 : timeoutMs, disown, mark, cgroup };
  }

  #end(id: number, request: CommandRequest, result: CommandResult): void {
    this.#running.get(id)?.cgroup?.remove();
    this.#running.delete(id);
    this.#options.directories.remove(id, request.files);
    this.#options.tell({ type: "ended", id, result });
    this.#startNext();
  }

  #tellEnd(id: number, end: CommandEnd): void {
    this.#options.tell({ type: "ended", id, result: resultWithoutRun(end) });
  }
}
