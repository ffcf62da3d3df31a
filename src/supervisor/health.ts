/** Whether a machine is well: the one place that decides, for the command line, HTTP, the page and the metrics. */
import { isError } from "../definition/fault.ts";
import type { Machine } from "../machine/machine.ts";
import type { Slot } from "./slot.ts";

/** Problems first. */
export const healths = [
  "faulty",
  "failed",
  "failing",
  "paused",
  "stopped",
  "stopping",
  "waiting",
  "starting",
  "running",
] as const;

/**
 * `running`; `starting`: start splay; `waiting`: a watcher waits for something that nobody has created yet, such as its bucket;
 * `stopping`; `stopped`: the file is good, but no machine runs; `paused`: its watchers rest; `failing`: the last look of an active
 * watcher was an error, or a watcher cannot take inputs; `failed`: a failure has led it to a state without a way out; `faulty`: the file has errors (an older good
 * definition may run on), or the machine cannot run.
 */
export type Health = (typeof healths)[number];

/** Whether somebody has to look after a machine of this health. */
export function needsAttention(health: string): boolean {
  return health === "faulty" || health === "failed" || health === "failing" || health === "stopped";
}

export function healthOf({ machine, faults, problem }: Slot): Health {
  if (problem !== undefined || faults.some(isError)) return "faulty";
  if (!machine) return "stopped";
  if (machine.mode === "stopping" || machine.mode === "stopped") return machine.mode;
  if (machine.isPaused) return "paused";
  return machine.hasFailed ? "failed" : (troubleOf(machine) ?? machine.mode);
}

function troubleOf({ watchers }: Machine): "failing" | "waiting" | undefined {
  if (watchers.some(({ problem }) => problem !== undefined)) return "failing";
  const inTrouble = watchers.filter(({ active, error }) => active && error !== undefined);
  if (inTrouble.length === 0) return undefined;
  return inTrouble.every(({ isWaiting }) => isWaiting) ? "waiting" : "failing";
}
