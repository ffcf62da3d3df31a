/** `machinist wait`: until a machine is in a state, or healthy. Follows the daemon's streams; nothing is polled. */
import { Command } from "@commander-js/extra-typings";
import type { MachineSummary } from "../../http/machine-view.ts";
import { formatDuration } from "../../lib/duration.ts";
import { MachinistError } from "../../lib/errors.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { askMachine } from "../ask-machine.ts";
import { route } from "../client.ts";
import { daemonEvents } from "../daemon-stream.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation, Invocation } from "../invocation.ts";
import { object, readMachine } from "../machine-answer.ts";
import { type StopRequest, stopRequest } from "../stop-request.ts";
import { duration } from "../values.ts";

interface Wanted {
  readonly name: string;
  readonly state: string | undefined;
  readonly healthy: boolean;
}

export function waitCommand(begin: BeginInvocation) {
  return new Command("wait")
    .description("wait until a machine is in a state, or healthy; exit status 5 when that takes too long")
    .argument("<name>", "the machine")
    .option("--state <state>", "until it is in this state, if only for a moment")
    .option("--healthy", "until its health is running: its file is good, no watcher fails, it is not paused")
    .option("--timeout <duration>", "how long at most (default: forever)", duration)
    .addHelpText(
      "after",
      examples("machinist wait deploy --state LIVE --timeout 5m", "machinist wait deploy --healthy --json"),
    )
    .action(async (name, { state, healthy = false, timeout }) => {
      if (state === undefined && !healthy)
        throw new MachinistError("USAGE", "nothing to wait for: expected --state or --healthy");
      const invocation = await begin();
      using stop = stopRequest(invocation.surroundings, timeout);
      const isReached = await reached(invocation, { name, state, healthy }, stop);
      if (!isReached && !stop.timedOut) return invocation.exitWith(1);
      const machine = readMachine(await askMachine(invocation, name));
      if (!isReached) throw tooLate(machine, stop.timeoutMs);
      if (invocation.output.json) await invocation.output.document(machine);
      else await invocation.output.line(`${name}: ${standing(machine)}`);
    });
}

/** @returns false when it was stopped before */
async function reached(invocation: Invocation, wanted: Wanted, stop: StopRequest): Promise<boolean> {
  const done = new AbortController();
  const signal = AbortSignal.any([stop.signal, done.signal]);
  // What happens while it is asked for the first time counts.
  const since = new Date(invocation.surroundings.clock.now()).toISOString();
  if (fits(object(await askMachine(invocation, wanted.name)), wanted)) return true;
  const ways = [becameSo(invocation, wanted, signal)];
  // A state may be left again before the changes are compared; transitions tell of each.
  if (!wanted.healthy) ways.push(passedThrough(invocation, { ...wanted, since }, signal));
  try {
    return await Promise.race(ways);
  } finally {
    done.abort();
    await Promise.allSettled(ways);
  }
}

async function becameSo({ config }: Invocation, wanted: Wanted, signal: AbortSignal): Promise<boolean> {
  for await (const change of daemonEvents(config.daemon, route("machine-changes"), signal)) {
    if (!isJsonObject(change) || change["name"] !== wanted.name) continue;
    // A machine whose file is gone is told by its name alone.
    if (change["health"] === undefined)
      throw new MachinistError("MACHINE_NOT_FOUND", `machine ${wanted.name} is gone: its file was removed`);
    if (fits(change, wanted)) return true;
  }
  return ended(signal);
}

async function passedThrough(
  { config }: Invocation,
  { name, since, state }: Wanted & { readonly since: string },
  signal: AbortSignal,
): Promise<boolean> {
  const path = `${route("events")}?${new URLSearchParams({ machine: name, since })}`;
  for await (const event of daemonEvents(config.daemon, path, signal))
    if (isJsonObject(event) && object(event["data"])["to_state"] === state) return true;
  return ended(signal);
}

/** @throws STOPPED when nobody asked for the end */
function ended(signal: AbortSignal): false {
  if (signal.aborted) return false;
  throw new MachinistError("STOPPED", "the daemon ended while it was waited for");
}

function fits(found: JsonObject, { state, healthy }: Wanted): boolean {
  const isThere = state === undefined || found["state"] === state;
  return isThere && (!healthy || found["health"] === "running");
}

function standing({ state, health }: MachineSummary): string {
  return state === null ? health : `${state}, ${health}`;
}

function tooLate(machine: MachineSummary, timeoutMs: number): MachinistError {
  const { name, state, health, faults } = machine;
  const reason = faults[0] === undefined ? "" : `; ${faults[0]}`;
  const message = `machine ${name} is still ${standing(machine)} after ${formatDuration(timeoutMs)}${reason}`;
  return new MachinistError("TIMEOUT", message, { details: { machine: name, state, health } });
}
