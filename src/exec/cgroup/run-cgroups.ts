/**
 * A cgroup for each run, where the host lets this process make cgroups: no process of a run leaves it unless it has the rights to
 * move itself, and one write kills them all. It is `machinist-<directory mark>/<helper>/<id>` below the helper's own cgroup. Knows
 * no commands. A cgroup that cannot be made or killed is not an error: runs are also searched for.
 */
import {
  accessSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ownCgroup } from "./own-cgroup.ts";

export interface RunCgroup {
  /** Calls `start`. What it starts is in the cgroup from the beginning, so that no child of it is born elsewhere. */
  within<T>(start: () => T): T;
  /** SIGKILL to all its processes at once, those of other users included. */
  kill(): void;
  /** Removes it; what an ended command left in the background moves to the helper's cgroup. */
  remove(): void;
}

const moveRounds = 3;

/** The cgroups of one helper's runs, and those that earlier helpers left in the same place. */
export class RunCgroups {
  readonly #base: string;
  readonly #helper: string;
  /** `cgroup.procs` of the helper's own cgroup, open: going back there must not fail at a limit on open files. */
  readonly #home: number;
  /** To be removed, and tried again: a process that is about to end still counts, and a command may have made cgroups in its own. */
  readonly #unused = new Set<string>();

  /** @returns undefined when the host offers none: no cgroup v2, not writable, or Linux before 5.14 */
  static open(directoryMark: string, helper: string): RunCgroups | undefined {
    const home = ownCgroup();
    if (home === undefined) return undefined;
    const base = join(home, baseName(directoryMark));
    const probe = join(base, helper);
    try {
      mkdirSync(probe, { recursive: true });
      accessSync(join(probe, "cgroup.kill"), constants.W_OK);
      const descriptor = openSync(join(home, "cgroup.procs"), "w");
      enter(probe);
      writeSync(descriptor, "0");
      return new RunCgroups(base, helper, descriptor);
    } catch {
      removed(probe);
      removed(base);
      return undefined;
    }
  }

  private constructor(base: string, helper: string, home: number) {
    this.#base = base;
    this.#helper = helper;
    this.#home = home;
  }

  /** @returns undefined when it cannot be made, as at a limit on cgroups */
  create(place: string): RunCgroup | undefined {
    const directory = join(this.#base, place);
    try {
      mkdirSync(directory);
    } catch {
      return undefined;
    }
    return {
      within: (start) => this.#within(directory, start),
      kill: () => kill(directory),
      remove: () => this.#remove([directory]),
    };
  }

  /** Kills what is left of the runs at these places. */
  killAll(places: Iterable<string>): void {
    for (const place of places) kill(join(this.#base, place));
  }

  /** Removes what earlier helpers left. */
  removeLeftovers(): void {
    const helpers = list(this.#base).filter((name) => name !== this.#helper);
    this.#remove(
      helpers
        .map((helper) => join(this.#base, helper))
        .flatMap((helper) => [...list(helper).map((id) => join(helper, id)), helper]),
    );
  }

  /** What cannot be removed stays for the next helper. */
  close(): void {
    this.#remove([join(this.#base, this.#helper), this.#base]);
  }

  #within<T>(directory: string, start: () => T): T {
    try {
      enter(directory);
    } catch {
      return start();
    }
    try {
      return start();
    } finally {
      this.#goHome();
    }
  }

  /** A process that cannot leave the cgroup of a run must not live on: it would be killed with the run, and so would others. */
  #goHome(): void {
    try {
      writeSync(this.#home, "0");
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #remove(directories: readonly string[]): void {
    for (const directory of directories) this.#unused.add(directory);
    // In order: the cgroups of runs before those of helpers.
    for (const directory of this.#unused) if (this.#emptied(directory)) this.#unused.delete(directory);
  }

  /** Whether it is gone. A process may start another while it moves, hence some rounds. */
  #emptied(directory: string): boolean {
    for (let round = 0; round < moveRounds; round++) {
      if (removed(directory) || (!isPopulated(directory) && removedWithChildren(directory))) return true;
      for (const pid of members(directory)) moveTo(this.#home, pid);
    }
    return removed(directory);
  }
}

/** The place of the run that a process is in, by the path of its cgroup. */
export function placeInCgroup(path: string, directoryMark: string): string | undefined {
  const names = path.split("/");
  const base = names.indexOf(baseName(directoryMark));
  return base < 0 ? undefined : names.slice(base + 1, base + 3).join("/");
}

function baseName(directoryMark: string): string {
  return `machinist-${directoryMark}`;
}

/** Moves this process, with all its threads. */
function enter(directory: string): void {
  writeFileSync(join(directory, "cgroup.procs"), "0");
}

function members(directory: string): number[] {
  try {
    const lines = readFileSync(join(directory, "cgroup.procs"), "utf8").trim().split("\n");
    // 0 stands for a process outside this pid namespace.
    return lines.map(Number).filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** @param cgroup its `cgroup.procs`, open */
function moveTo(cgroup: number, pid: number): void {
  try {
    writeSync(cgroup, String(pid));
  } catch {
    // It has ended.
  }
}

function kill(directory: string): void {
  try {
    writeFileSync(join(directory, "cgroup.kill"), "1");
  } catch {
    // It is gone, or no file can be opened: then the search goes on, and this is tried again.
  }
}

/** Whether it is gone. */
function removed(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}

/** For cgroups that a command made in its own. Whether it is gone. */
function removedWithChildren(directory: string): boolean {
  for (const child of list(directory)) removedWithChildren(join(directory, child));
  return removed(directory);
}

/** Whether it, or a cgroup in it, has processes. */
function isPopulated(directory: string): boolean {
  try {
    return !/^populated 0$/m.test(readFileSync(join(directory, "cgroup.events"), "utf8"));
  } catch {
    return true;
  }
}

/** The cgroups in a cgroup. */
function list(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    // It is gone, or no file can be opened: the next helper looks again.
    return [];
  }
}
