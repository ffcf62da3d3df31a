/**
 * What Linux tells about running processes in /proc. Other systems have no such table here: nothing is found there. A failure
 * such as EMFILE is thrown: a process that could not be read may run.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface SystemProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Of the session's leader; 0 when the leader is outside this pid namespace. */
  readonly session: number;
  /** Clock ticks since boot: tells a process from a later one with the same pid. */
  readonly startedAt: string;
}

/** Whether `runningProcesses` can find anything. */
export const hasProcessTable = process.platform === "linux";

/** All processes but this one. Zombies do not run. @throws the system's error */
export function runningProcesses(): SystemProcess[] {
  if (!hasProcessTable) return [];
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    const found = Number.isInteger(pid) && pid !== process.pid ? processOf(pid) : undefined;
    return found ? [found] : [];
  });
}

/** The session of this process; 0 without a process table. */
export function ownSession(): number {
  return (hasProcessTable && processOf(process.pid)?.session) || 0;
}

/** Entries `NAME=VALUE`. Empty for a process that is gone or belongs to somebody else. */
export function environmentOf(pid: number): string[] {
  return ifThere(() => readFileSync(`/proc/${pid}/environ`, "latin1").split("\0")) ?? [];
}

/** Lines `hierarchy:controllers:path`. Readable for processes of every user; empty for one that is gone. */
export function cgroupsOf(pid: number): string {
  return ifThere(() => readFileSync(`/proc/${pid}/cgroup`, "utf8")) ?? "";
}

/** Path of an open file of a process; undefined when it has no such descriptor or belongs to somebody else. */
export function openFileOf(pid: number, descriptor: number): string | undefined {
  return ifThere(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
}

/** Undefined for one that is gone or a zombie. /proc/PID/stat is `pid (name) state parent group session …`, and the name may hold anything. */
export function processOf(pid: number): SystemProcess | undefined {
  const stat = ifThere(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent, group, session] = fields;
  if (state === "Z" || state === "X") return undefined;
  const ids = { parent: Number(parent), group: Number(group), session: Number(session) };
  return { pid, ...ids, startedAt: fields[19] ?? "" };
}

const goneOrForeign = new Set<unknown>(["ENOENT", "ESRCH", "EACCES", "EPERM"]);

/** Undefined for a process that is gone or belongs to somebody else. @throws any other error */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error && goneOrForeign.has(error.code)) return undefined;
    throw error;
  }
}
