/** Whether the daemon answers, and what its watchers missed. */
import { existsSync } from "node:fs";
import { messageOf } from "../../lib/errors.ts";
import { missedText } from "../../watching/missed-revisions.ts";
import { askDaemon, route } from "../client.ts";
import { readMachines } from "../machine-answer.ts";
import type { Check } from "./check.ts";

/** A daemon that is well answers at once. */
const answerMs = 2500;

export async function daemonChecks(socketPath: string): Promise<readonly Check[]> {
  const check = "Daemon";
  try {
    const path = route("machines");
    const machines = readMachines(await askDaemon(socketPath, { method: "GET", path, timeoutMs: answerMs }));
    // It refuses when the records of machines cannot be written.
    await askDaemon(socketPath, { method: "GET", path: "/readyz", timeoutMs: answerMs });
    const missed = machines.flatMap(({ name, watchers }) =>
      watchers.flatMap((watcher) =>
        watcher.missed ? [missedCheck(name, watcher.name, watcher.missed)] : [],
      ),
    );
    return [
      { check, state: "ok", text: `running, with ${machines.length} machines: see machinist list` },
      ...missed,
    ];
  } catch (error) {
    return existsSync(socketPath)
      ? [{ check, state: "problem", text: messageOf(error) }]
      : [{ check, state: "ok", text: "not running: start it with machinist run" }];
  }
}

function missedCheck(machine: string, watcher: string, missed: Parameters<typeof missedText>[0]): Check {
  const text =
    `watcher ${watcher} missed ${missedText(missed)} since the machine started: the bucket's history is too low for the time ` +
    `in which the machine does not look; raise it (\`machinist kv edit ${missed.bucket} --history N\`)`;
  return { check: `Machine ${machine}`, state: "warning", text };
}
