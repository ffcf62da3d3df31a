/** Kills the daemon, the process that runs its commands, or both, at random moments. */
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { type DaemonProcess, helperOf, startDaemonProcess } from "./daemon-process.ts";
import type { Layout } from "./machines.ts";
import type { FaultPlan, KillCounts, Victim } from "./report.ts";
import type { TransitionLog } from "./transition-log.ts";

export interface KillParts {
  readonly plan: FaultPlan;
  readonly layout: Layout;
  readonly transitions: TransitionLog;
  /** After each kill, from 1. */
  readonly onKill: (kill: number) => Promise<void>;
}

/**
 * Kills while work is left, each after a random number of further transitions; some before the daemon has even begun.
 * @returns the daemon that was not killed any more
 */
export async function killRepeatedly(
  parts: KillParts,
): Promise<{ readonly counts: KillCounts; readonly daemon: DaemonProcess }> {
  const { plan, layout, transitions, onKill } = parts;
  const total = 2 * plan.updates;
  const perKill = Math.max(2, Math.floor(total / plan.kills));
  const counts: Record<Victim, number> = { daemon: 0, helper: 0, both: 0 };
  let daemon = startDaemonProcess(layout);
  for (let kill = 1; kill <= plan.kills && transitions.count < total - 2; kill++) {
    const isEarly = plan.random() < 0.2;
    const ahead = isEarly ? 0 : Math.floor(plan.random() * perKill * 1.4);
    await transitions.reached(Math.min(transitions.count + ahead, total - 1), daemon);
    await moment(plan.random);
    const victim = killOne(daemon, plan.random);
    counts[victim] += 1;
    if (victim !== "helper") {
      await daemon.ended;
      daemon = startDaemonProcess(layout);
    }
    await onKill(kill);
    if (kill % 10 === 0) plan.say(`${kill} kills, ${transitions.count} of ${total} transitions`);
  }
  return { counts, daemon };
}

/** Within what comes between two commits, or within the time of a command. */
async function moment(random: () => number): Promise<void> {
  if (random() < 0.5) await delay(random() * 300);
  else for (let turns = Math.floor(random() * 400); turns > 0; turns--) await nextTurn();
}

/** @returns what was killed: without a helper it is the daemon alone */
function killOne(daemon: DaemonProcess, random: () => number): Victim {
  const helper = helperOf(daemon.pid);
  const chosen = random();
  if (helper === undefined || chosen < 0.5) {
    daemon.kill("SIGKILL");
    return "daemon";
  }
  if (chosen < 0.75) {
    killHelper(helper);
    return "helper";
  }
  if (random() < 0.5) killHelper(helper);
  daemon.kill("SIGKILL");
  killHelper(helper);
  return "both";
}

/** It may have ended by itself, with its daemon. */
function killHelper(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone.
  }
}
