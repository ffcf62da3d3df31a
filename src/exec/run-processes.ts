/**
 * Finds the processes of a run wherever they went: by its marks, by session, by descent. A process that gets its own group or
 * session, clears its environment or is adopted by another parent is found as long as one of these still leads to it.
 */
import { type Clock, sleep } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { ownSession, runningProcesses, type SystemProcess } from "./process-table.ts";

const firstPollMs = 5;
const longestPollMs = 250;
/** What still lives this long after KILL cannot be killed: another user's process, or one stuck in the kernel. */
const killLimitMs = 1_000;

/** What is left of a run. With a `problem` nothing is known: anything may run. */
export interface Survivors {
  readonly pids: readonly number[];
  /** Why the search failed, such as EMFILE. */
  readonly problem: string | null;
}

/**
 * The processes that `isRoot` names, all in their sessions and all their descendants. Remembers what it found: a process whose
 * parent has ended no longer shows where it came from.
 */
export class RunProcesses {
  readonly #isRoot: (process: SystemProcess) => boolean;
  readonly #killCgroup: () => void;
  /** pid → its start. */
  readonly #seen = new Map<number, string>();

  /** @param killCgroup kills those that are in cgroups of their own */
  constructor(isRoot: (process: SystemProcess) => boolean, killCgroup: () => void = () => undefined) {
    this.#isRoot = isRoot;
    this.#killCgroup = killCgroup;
  }

  /** All that run now. @throws the system's error when that cannot be told */
  find(): SystemProcess[] {
    const all = runningProcesses();
    const found = new Map<number, SystemProcess>();
    const sessions = new Set<number>();
    // A run always has sessions of its own; the searcher's is shared with processes that are nobody's to kill.
    const own = ownSession();
    const add = (process: SystemProcess): void => {
      found.set(process.pid, process);
      if (process.session > 0 && process.session !== own) sessions.add(process.session);
    };
    all.filter((process) => this.#wasSeen(process) || this.#isRoot(process)).forEach(add);
    for (let size = -1; size !== found.size; ) {
      size = found.size;
      for (const process of all) {
        if (found.has(process.pid)) continue;
        if (found.has(process.parent) || sessions.has(process.session)) add(process);
      }
    }
    for (const { pid, startedAt } of found.values()) this.#seen.set(pid, startedAt);
    return [...found.values()];
  }

  /** Never throws. */
  survivors(): Survivors {
    try {
      return { pids: this.find().map(({ pid }) => pid), problem: null };
    } catch (error) {
      return { pids: [], problem: messageOf(error) };
    }
  }

  /** Whether none is left, which a search that fails cannot tell. */
  isGone(): boolean {
    const { pids, problem } = this.survivors();
    return pids.length === 0 && problem === null;
  }

  /** Kills all at once. Those outside cgroups are halted first, until none is left that could start another. */
  kill(): void {
    this.#killCgroup();
    const halted = new Set<number>();
    for (;;) {
      const running = this.survivors().pids.filter((pid) => !halted.has(pid));
      if (running.length === 0) break;
      for (const pid of running) signalProcess(pid, "SIGSTOP");
      for (const pid of running) halted.add(pid);
    }
    for (const pid of halted) signalProcess(pid, "SIGKILL");
  }

  /** Kills until none is left. `onSurvivors` is called once, when KILL or the search fails; their end is waited for. */
  async killed(clock: Clock, onSurvivors: (survivors: Survivors) => void): Promise<void> {
    let waitedMs = 0;
    let hasReported = false;
    for (let pollMs = firstPollMs; !this.isGone(); pollMs = Math.min(pollMs * 2, longestPollMs)) {
      if (waitedMs >= killLimitMs && !hasReported) {
        hasReported = true;
        onSurvivors(this.survivors());
      }
      this.kill();
      await sleep(clock, pollMs);
      waitedMs += pollMs;
    }
  }

  #wasSeen({ pid, startedAt }: SystemProcess): boolean {
    return this.#seen.get(pid) === startedAt;
  }
}

/** Harmless when the process is gone or belongs to somebody else. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone, or not ours to signal: then the search still finds it.
  }
}
