/** What a stopped daemon must not leave: processes, directories of runs, sockets, cgroups. */

import { existsSync, readlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ownCgroup } from "../../../src/exec/cgroup/own-cgroup.ts";
import { environmentOf, runningProcesses } from "../../../src/exec/process-table.ts";
import { directoryMark } from "../../../src/lib/process-lock.ts";
import type { Layout } from "./machines.ts";
import type { Findings } from "./report.ts";

export async function judgeLeftovers(
  findings: Findings,
  { workingDirectory, dataDirectory }: Layout,
): Promise<void> {
  const orphans = runningProcesses().filter(({ pid }) => belongsTo(workingDirectory, pid));
  findings.expect(orphans.length === 0, `${orphans.length} processes outlived the daemon`);
  const runs = await readdir(join(dataDirectory, "commands"));
  findings.expect(runs.length === 0, `directories of runs are left: ${runs.join(", ")}`);
  const files = await readdir(dataDirectory, { recursive: true, withFileTypes: true });
  const sockets = files.filter((file) => file.isSocket()).map(({ name }) => name);
  findings.expect(sockets.length === 0, `sockets are left: ${sockets.join(", ")}`);
  const cgroup = join(ownCgroup() ?? "", `machinist-${directoryMark(dataDirectory)}`);
  findings.expect(!existsSync(cgroup), `the cgroup of the data directory is left: ${cgroup}`);
}

/** By its environment, which names the data directory, or by its working directory. */
function belongsTo(workingDirectory: string, pid: number): boolean {
  return (
    environmentOf(pid).some((entry) => entry.includes(workingDirectory)) ||
    currentDirectoryOf(pid).startsWith(workingDirectory)
  );
}

function currentDirectoryOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}
