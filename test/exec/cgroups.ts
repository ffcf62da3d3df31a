/** Whether this host offers cgroups to machinist, and how a test takes them away: in a cgroup that may have none in it. */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ownCgroup } from "../../src/exec/cgroup/own-cgroup.ts";

export type Tracking = "cgroup" | "search";

/** The cgroup that tests run in; undefined when this process may not make cgroups in it, as in most containers. */
const home = ownCgroup();
export const hasCgroups = home !== undefined && mayMakeCgroups(home);

/** What a test can be run with here: a host without cgroups shows only the fallback. */
export const trackings: readonly Tracking[] = hasCgroups ? ["cgroup", "search"] : ["search"];

/** All that starts in this test from now on is tracked so. */
export function trackBy(tracking: Tracking): void {
  if (tracking === "search" && hasCgroups && home !== undefined) enterBarrenCgroup(home);
}

/** That of a data directory, below the cgroup of this process. */
export function baseCgroup(directoryMark: string): string {
  return join(home ?? "", `machinist-${directoryMark}`);
}

/** `<helper>/<id>` of all that there are for a data directory. */
export function runCgroups(directoryMark: string): string[] {
  const base = baseCgroup(directoryMark);
  return childrenOf(base).flatMap((helper) => childrenOf(join(base, helper)).map((id) => `${helper}/${id}`));
}

function mayMakeCgroups(parent: string): boolean {
  const probe = join(parent, `machinist-test-${randomUUID()}`);
  try {
    mkdirSync(probe);
  } catch {
    return false;
  }
  const hasKill = existsSync(join(probe, "cgroup.kill"));
  const thereAndBack = `echo $$ > '${probe}/cgroup.procs' && echo $$ > '${parent}/cgroup.procs'`;
  const { status } = spawnSync("/bin/sh", ["-c", thereAndBack]);
  rmdirSync(probe);
  return hasKill && status === 0;
}

function enterBarrenCgroup(parent: string): void {
  const barren = join(parent, `machinist-test-${randomUUID()}`);
  mkdirSync(barren);
  writeFileSync(join(barren, "cgroup.max.descendants"), "0");
  writeFileSync(join(barren, "cgroup.procs"), "0");
  onTestFinished(async () => {
    writeFileSync(join(parent, "cgroup.procs"), "0");
    await emptied(barren);
    rmdirSync(barren);
  });
}

/** Helpers end a moment after their daemons. */
async function emptied(cgroup: string): Promise<void> {
  const events = join(cgroup, "cgroup.events");
  await new Promise<void>((resolve) => {
    const watcher = watch(events, check);
    function check(): void {
      if (!readFileSync(events, "utf8").includes("populated 0")) return;
      watcher.close();
      resolve();
    }
    check();
  });
}

function childrenOf(cgroup: string): string[] {
  if (!existsSync(cgroup)) return [];
  const entries = readdirSync(cgroup, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
