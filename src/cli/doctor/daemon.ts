/** Whether the daemon answers, how its machines are, and what its watchers missed. */
import { existsSync } from "node:fs";
import { type DaemonAddress, isRemote } from "../../config/daemon-address.ts";
import type { MachineSummary } from "../../http/machine-view.ts";
import { messageOf } from "../../lib/errors.ts";
import { missedText } from "../../watching/missed-revisions.ts";
import { builtInTypes } from "../built-in-types.ts";
import { askDaemon, route } from "../client.ts";
import { readMachine, readMachines } from "../machine-answer.ts";
import { type Check, ok, problem, warning } from "./check.ts";
import { machineChecks } from "./machines.ts";

/** A daemon that is well answers at once. */
const answerMs = 2500;

export interface DaemonAnswer {
  readonly checks: readonly Check[];
  /** Empty when none answers. */
  readonly machines: readonly MachineSummary[];
}

export async function askForMachines(daemon: DaemonAddress): Promise<DaemonAnswer> {
  const check = "Daemon";
  try {
    const machines = readMachines(await ask(daemon, route("machines")));
    const troubled = await troubles(daemon, machines);
    // It refuses when the records of machines cannot be written.
    const itself = await ask(daemon, "/readyz").then(
      () => ok(check, `running, with ${machines.length} machines: see machinist list`),
      (error: unknown) => problem(check, messageOf(error)),
    );
    return { checks: [itself, ...troubled, ...machines.flatMap(missedChecks)], machines };
  } catch (error) {
    const state =
      isRemote(daemon) || existsSync(daemon.socketPath)
        ? problem(check, messageOf(error))
        : ok(check, "not running: start it with machinist run");
    return { checks: [state], machines: [] };
  }
}

function ask(daemon: DaemonAddress, path: string): ReturnType<typeof askDaemon> {
  return askDaemon(daemon, { method: "GET", path, timeoutMs: answerMs });
}

async function troubles(daemon: DaemonAddress, machines: readonly MachineSummary[]): Promise<Check[]> {
  const types = [...builtInTypes().values()];
  const lookOnce = new Set(types.filter((type) => type.looksOncePerEntry).map(({ type }) => type));
  const found: Check[] = [];
  for (const { name, health } of machines) {
    if (health === "running" || health === "starting") continue;
    found.push(...machineChecks(readMachine(await ask(daemon, route("machines", name))), lookOnce));
  }
  return found;
}

function missedChecks({ name, watchers }: MachineSummary): Check[] {
  return watchers.flatMap(({ name: watcher, missed }) => {
    if (!missed) return [];
    const text =
      `watcher ${watcher} missed ${missedText(missed)} since the machine started: the bucket's history is too low for the time ` +
      `in which the machine does not look; raise it (\`machinist kv edit ${missed.bucket} --history N\`)`;
    return [warning(`Machine ${name}`, text)];
  });
}
