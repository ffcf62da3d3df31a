/** Signals to whole process groups: a command and everything it started that did not leave its group. */
import { readdirSync, readFileSync } from "node:fs";

/** Sends the signal to every process of the group; harmless when none is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  send(leader, signal);
}

/** Whether a process of the group still runs. A zombie that its parent never collects does not. */
export function groupRuns(leader: number): boolean {
  if (!send(leader, 0)) return false;
  if (process.platform !== "linux") return true;
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && runsIn(leader, name));
}

function send(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** /proc/PID/stat is `pid (name) state parent group …`, and the name may hold anything. */
function runsIn(leader: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(group) === leader && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}
