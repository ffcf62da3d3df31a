/**
 * The mark in the environment of every command, and the search for those that outlived a killed helper. Linux lets one read
 * the environment of one's own processes; elsewhere there is no search, and only the helper and the daemon stop commands.
 */
import { readdirSync, readFileSync } from "node:fs";
import { type Clock, sleep } from "../lib/clock.ts";

/** Holds `<directory mark>/<helper>/<id>` in the environment of a command, and of all it starts. */
export const commandMark = "MACHINIST_COMMAND";
/** The same for a disowned one, which is nobody's to stop. */
export const disownedMark = "MACHINIST_DISOWNED";

const goneMsPoll = 5;

/** A process of a command, the first or one that it started. */
export interface MarkedProcess {
  readonly pid: number;
  readonly disowned: boolean;
  /** `<helper>/<id>` */
  readonly place: string;
}

/** All processes that carry the mark of this data directory. */
export function markedProcesses(directoryMark: string): MarkedProcess[] {
  if (process.platform !== "linux") return [];
  const found: MarkedProcess[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const marked = Number.isInteger(pid) && pid !== process.pid && readMark(pid, directoryMark);
    if (marked) found.push(marked);
  }
  return found;
}

/**
 * Kills the marked processes that `isOrphan` names and returns when none is left. Looks again after each round, as one may have
 * forked meanwhile.
 */
export async function killOrphans(
  directoryMark: string,
  isOrphan: (found: MarkedProcess) => boolean,
  clock: Clock,
): Promise<void> {
  for (;;) {
    const orphans = markedProcesses(directoryMark).filter((found) => !found.disowned && isOrphan(found));
    if (orphans.length === 0) return;
    for (const { pid } of orphans) kill(pid);
    await sleep(clock, goneMsPoll);
  }
}

function readMark(pid: number, directoryMark: string): MarkedProcess | undefined {
  for (const entry of environmentOf(pid)) {
    for (const name of [commandMark, disownedMark]) {
      const prefix = `${name}=${directoryMark}/`;
      if (entry.startsWith(prefix))
        return { pid, disowned: name === disownedMark, place: entry.slice(prefix.length) };
    }
  }
  return undefined;
}

/** Empty for a process that is gone, a zombie, or somebody else's. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
