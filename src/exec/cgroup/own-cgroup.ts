/** Where this process is in the cgroup v2 hierarchy, which some hosts mount beside cgroup v1. Changes nothing. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The directory of this process's cgroup; undefined where the host has no cgroup v2. */
export function ownCgroup(): string | undefined {
  try {
    const memberships = readFileSync("/proc/self/cgroup", "utf8");
    return cgroupDirectory(memberships, readFileSync("/proc/self/mountinfo", "utf8"));
  } catch {
    // Not Linux, or a kernel without cgroups.
    return undefined;
  }
}

/**
 * @param memberships as in /proc/PID/cgroup
 * @param mounts as in /proc/PID/mountinfo
 */
export function cgroupDirectory(memberships: string, mounts: string): string | undefined {
  const path = cgroupPath(memberships);
  if (path === undefined) return undefined;
  for (const line of mounts.split("\n")) {
    // `id parent device root mount-point options [tags…] - type source options`
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root = "", mountPoint = ""] = before.split(" ");
    if (!after.startsWith("cgroup2 ")) continue;
    const prefix = root === "/" ? "" : root;
    if (`${path}/`.startsWith(`${prefix}/`)) return resolve(mountPoint, `.${path.slice(prefix.length)}`);
  }
  return undefined;
}

/** The path in the v2 hierarchy, relative to the reader's cgroup namespace. */
export function cgroupPath(memberships: string): string | undefined {
  return /^0::(\/.*)$/m.exec(memberships)?.[1];
}
