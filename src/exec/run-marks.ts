/**
 * What a command and all it starts inherit, so that a run is recognized after a crash: a cgroup, where the host offers one; a
 * variable; and an open descriptor of its run directory, which also survives an emptied environment. Linux lets a process read
 * the last two of processes of its own user.
 */
import { cgroupPath } from "./cgroup/own-cgroup.ts";
import { placeInCgroup } from "./cgroup/run-cgroups.ts";
import { cgroupsOf, environmentOf, openFileOf } from "./process-table.ts";

/** Holds `<directory mark>/<helper>/<id>` in the environment of a command, and of all it starts. */
export const commandMark = "MACHINIST_COMMAND";
/** The same for a disowned one, which is nobody's to stop. */
export const disownedMark = "MACHINIST_DISOWNED";
/** Above the numbers that shell scripts use. */
export const markDescriptor = 19;

/** The place (`<helper>/<id>`) of the run that a process belongs to by its own marks. */
export function placeOf(pid: number, directoryMark: string): string | undefined {
  return (
    placeInCgroup(cgroupPath(cgroupsOf(pid)) ?? "", directoryMark) ??
    markedPlace(pid, commandMark, directoryMark) ??
    heldPlace(pid)
  );
}

/** The place of the disowned run that a process belongs to. */
export function disownedPlaceOf(pid: number, directoryMark: string): string | undefined {
  return markedPlace(pid, disownedMark, directoryMark);
}

function markedPlace(pid: number, variable: string, directoryMark: string): string | undefined {
  const prefix = `${variable}=${directoryMark}/`;
  return environmentOf(pid)
    .find((entry) => entry.startsWith(prefix))
    ?.slice(prefix.length);
}

/** The last two names of the path; a helper's name is never used twice, so they are enough. */
function heldPlace(pid: number): string | undefined {
  return /\/commands\/([^/]+\/\d+)(?: \(deleted\))?$/.exec(openFileOf(pid, markDescriptor) ?? "")?.[1];
}
