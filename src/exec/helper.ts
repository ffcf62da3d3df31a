/**
 * The program that starts commands for the daemon. It is its own small process because starting one stalls a process for as long
 * as it is large, and it outlives the daemon just long enough to stop what still runs. The daemon forks it and talks over IPC.
 */
import { randomUUID } from "node:crypto";
import { systemClock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { acquireProcessLock, directoryMark } from "../lib/process-lock.ts";
import { RunCgroups } from "./cgroup/run-cgroups.ts";
import { CommandQueue } from "./command-queue.ts";
import { disownedPlaces, killOrphans } from "./orphans.ts";
import { RunLogs } from "./output/run-logs.ts";
import { hasProcessTable } from "./process-table.ts";
import {
  type CommandTracking,
  type FromHelper,
  type HelperSettings,
  isToHelper,
  type ToHelper,
} from "./protocol.ts";
import { RunDirectories } from "./run-directories.ts";
import type { Survivors } from "./run-processes.ts";

const daemonGone = new AbortController();
let queue: CommandQueue | undefined;

// The end of the daemon is the only end of the helper: a Ctrl-C or a service manager's TERM reaches both, and the daemon decides.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("message", (message) => {
  if (!isToHelper(message)) throw new Error("the daemon sent a message that the helper does not know");
  receive(message);
});
process.on("disconnect", () => {
  daemonGone.abort();
  void finish();
});

function receive(message: ToHelper): void {
  switch (message.type) {
    case "configure":
      // The daemon then lets go, and that ends this process.
      start(message.settings).catch((error: unknown) => tell({ type: "refused", reason: messageOf(error) }));
      return;
    case "run":
      queue?.add(message.id, message.request);
      return;
    case "stop":
      queue?.stop(message.id);
  }
}

/** One helper at a time works for a data directory: takes the lock, clears what a killed one left, then starts commands. */
async function start(settings: HelperSettings): Promise<void> {
  const helper = randomUUID();
  const mark = directoryMark(settings.directory);
  const directories = new RunDirectories(settings.directory, helper);
  const commands = new CommandQueue({ settings, directories, directoryMark: mark, tell });
  queue = commands;
  await acquireProcessLock({
    directory: settings.directory,
    name: "commands",
    wait: daemonGone.signal,
    onWaiting: (holder) => tell({ type: "waiting", holder: holder ?? null }),
  });
  const cgroups = RunCgroups.open(mark, helper);
  process.once("exit", () => cgroups?.close());
  await clearLeftovers(mark, directories, cgroups);
  if (daemonGone.signal.aborted) return;
  directories.open();
  process.once("exit", () => directories.close());
  const logs = new RunLogs({
    dataDirectory: settings.directory,
    limits: settings.logs,
    clock: systemClock,
  });
  logs.open();
  tell({ type: "ready", tracking: trackingBy(cgroups) });
  commands.open({ logs, cgroups });
}

function trackingBy(cgroups: RunCgroups | undefined): CommandTracking {
  if (cgroups) return "cgroup";
  return hasProcessTable ? "search" : "process-group";
}

async function clearLeftovers(
  directoryMark: string,
  directories: RunDirectories,
  cgroups: RunCgroups | undefined,
): Promise<void> {
  // What an ended command left running in the background has no directory any more, and is left alone.
  const places = new Set(directories.leftBehind());
  const onSurvivors = (survivors: Survivors): void => tell({ type: "surviving", ...survivors });
  await killOrphans({ directoryMark, places, cgroups, clock: systemClock, onSurvivors });
  directories.removeLeftovers(disownedPlaces(directoryMark));
  cgroups?.removeLeftovers();
}

async function finish(): Promise<void> {
  await queue?.close();
  // Exits although disowned commands still run: they are told apart by their mark.
  process.exit(0);
}

function tell(message: FromHelper): void {
  // A daemon that is gone needs no answer.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
