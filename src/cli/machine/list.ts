/** `machinist list`: machines of the daemon, a line each; all, or those that match. */
import { Command } from "@commander-js/extra-typings";
import type { MachineSummary } from "../../http/machine-view.ts";
import type { JsonObject } from "../../lib/json.ts";
import { needsAttention } from "../../supervisor/health.ts";
import { askDaemon, route } from "../client.ts";
import { daemonEvents } from "../daemon-stream.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation, Invocation } from "../invocation.ts";
import { object, readMachine, readMachines } from "../machine-answer.ts";
import { stopRequest } from "../stop-request.ts";
import { localTime, oneLine, table } from "../table.ts";
import { waitsOf } from "../waits.ts";
import { type MachineFilter, machineFilter } from "./machine-filter.ts";

export function listCommand(begin: BeginInvocation) {
  return new Command("list")
    .description("machines that the daemon knows: state, health, and the transitions legal now")
    .argument("[pattern]", "only those of this name; * stands for any characters, ? for one")
    .option("--state <state...>", "only those in this state, or one of these")
    .option("--failing", "only those that are faulty, failed, failing or stopped")
    .option("--fail", "exit status 1 when one of those that are listed is faulty, failed, failing or stopped")
    .option("--watch", "again after each change, until Ctrl-C; for programs: each machine that changed")
    .addHelpText(
      "after",
      examples(
        "machinist list",
        'machinist list "web-*" --state LIVE FAILED',
        "machinist list --failing -o name",
      ),
    )
    .action(async (pattern, { state, failing = false, fail = false, watch = false }) => {
      const invocation = await begin();
      const filter = machineFilter({ pattern, states: state, failing });
      if (watch) await follow(invocation, filter);
      else if ((await list(invocation, filter)) && fail) invocation.exitWith(1);
    });
}

/** @returns whether somebody has to look after one of the machines that are listed */
async function list(invocation: Invocation, filter: MachineFilter): Promise<boolean> {
  const { config, output } = invocation;
  const answer = await askDaemon(config.daemon, { method: "GET", path: route("machines") });
  const all = readMachines(answer);
  const listed = all.filter(filter.fits);
  const shown = new Set(listed.map(({ name }) => name));
  if (!output.json) await print(invocation, all, filter);
  else if (Array.isArray(answer))
    await output.document(answer.filter((one) => shown.has(readMachine(one).name)));
  else await output.document(answer);
  return listed.some(({ health }) => needsAttention(health));
}

/** The stream tells of all machines first, then with an empty object that these were all, then of each that changes or is gone. */
async function follow(invocation: Invocation, filter: MachineFilter): Promise<void> {
  const { config, surroundings, output } = invocation;
  using stop = stopRequest(surroundings, undefined);
  const machines = new Map<string, MachineSummary>();
  let isReady = false;
  for await (const said of daemonEvents(config.daemon, route("machine-changes"), stop.signal)) {
    const { change: _change, ...summary } = object(said);
    if (output.json) await tell(invocation, summary, filter);
    take(machines, summary);
    isReady ||= summary["name"] === undefined;
    if (!isReady || output.json) continue;
    if (summary["name"] !== undefined) await output.line("");
    await print(invocation, [...machines.values()], filter);
  }
}

/** A machine that is gone is told by its name alone. */
function take(machines: Map<string, MachineSummary>, summary: JsonObject): void {
  const machine = readMachine(summary);
  if (summary["health"] === undefined) machines.delete(machine.name);
  else machines.set(machine.name, machine);
}

async function tell({ output }: Invocation, summary: JsonObject, { fits }: MachineFilter): Promise<void> {
  if (summary["name"] === undefined) return;
  if (summary["health"] === undefined) await output.document({ ...summary, gone: true });
  else if (fits(readMachine(summary))) await output.document(summary);
}

async function print(
  { config, output, surroundings }: Invocation,
  all: readonly MachineSummary[],
  { fits, isSet }: MachineFilter,
): Promise<void> {
  const machines = all.filter(fits);
  if (machines.length === 0) {
    const { dropDirectories } = config;
    const advice = `drop one into ${dropDirectories.join(" or ")}, or try \`machinist init\``;
    output.message(isSet ? `none of ${all.length} machines matches` : `no machines; ${advice}`);
    return;
  }
  const head = ["Name", "Version", "State", "Since", "Health", "Transitions"];
  const more = ["Active Watchers", "Paused By", "File"];
  const rows = machines.map((machine) =>
    output.wide ? [...row(machine), ...wideRow(machine)] : row(machine),
  );
  await output.line(table(output, output.wide ? [...head, ...more] : head, rows));
  for (const fault of machines.flatMap(({ faults }) => faults)) await output.line(oneLine(fault));
  const nowMs = surroundings.clock.now();
  for (const machine of machines)
    for (const wait of waitsOf(machine, nowMs)) await output.line(oneLine(`${machine.name}: ${wait}`));
}

function row({ name, version, state, since, health, transitions }: MachineSummary): string[] {
  const time = since ? localTime(new Date(since)) : "";
  return [name, version ?? "", state ?? "", time, health, transitions.join(", ")];
}

function wideRow({ watchers, paused, file }: MachineSummary): string[] {
  const active = watchers.filter((watcher) => watcher.active).map(({ name }) => name);
  return [active.join(", "), paused?.by ?? "", file];
}
