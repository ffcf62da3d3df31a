/** `machinist show`: one machine with all that is known of it. */
import { Command } from "@commander-js/extra-typings";
import type { MachineDetails, WatcherDetails } from "../http/machine-view.ts";
import type { JsonObject } from "../lib/json.ts";
import { missedText } from "../watching/missed-revisions.ts";
import { askMachine } from "./ask-machine.ts";
import { route } from "./client.ts";
import { daemonEvents } from "./daemon-stream.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { readMachine, text } from "./machine-answer.ts";
import type { Output } from "./output.ts";
import { stopRequest } from "./stop-request.ts";
import { localTime, oneLine, page, table } from "./table.ts";
import { waitsOf } from "./waits.ts";

export function showCommand(begin: BeginInvocation) {
  return new Command("show")
    .description("one machine: state, data, and each watcher with its last outcome and output")
    .argument("<name>")
    .option("--watch", "again after each of its events, until Ctrl-C")
    .addHelpText("after", examples("machinist show deploy", "machinist show deploy --json"))
    .action(async (name, { watch }) => {
      const invocation = await begin();
      const show = async (): Promise<void> => {
        const answer = await askMachine(invocation, name);
        if (invocation.output.json) await invocation.output.document(answer);
        else await printMachine(invocation, readMachine(answer));
      };
      // What happens while it is shown the first time counts.
      const since = new Date(invocation.surroundings.clock.now()).toISOString();
      await show();
      if (watch) await showAfterEvents(invocation, { machine: name, since }, show);
    });
}

async function showAfterEvents(
  { config, surroundings, output }: Invocation,
  wanted: Readonly<Record<string, string>>,
  show: () => Promise<void>,
): Promise<void> {
  using stop = stopRequest(surroundings, undefined);
  const path = `${route("events")}?${new URLSearchParams(wanted)}`;
  for await (const _event of daemonEvents(config.daemon, path, stop.signal)) {
    if (!output.json) await output.line("");
    await show();
  }
}

async function printMachine({ output, surroundings }: Invocation, machine: MachineDetails): Promise<void> {
  const waits = waitsOf(machine, surroundings.clock.now());
  await output.line(page(output, `Machine ${machine.name}`, fieldsOf(machine, waits)));
  if (machine.watchers.length > 0) {
    await output.line("");
    const head = ["Watcher", "Type", "Active", "Outcome", "Last Look", "Next Look"];
    await output.line(table(output, head, machine.watchers.map(watcherRow)));
  }
  for (const fault of machine.faults) await output.line(oneLine(fault));
  for (const watcher of machine.watchers) await printLastLook(output, watcher);
}

function fieldsOf(machine: MachineDetails, waits: readonly string[]): (readonly [string, string])[] {
  const data = Object.entries(machine.data);
  return [
    ["Version", machine.version ?? ""],
    ["State", machine.state ?? ""],
    ["Since", timeOf(machine.since)],
    ["Health", machine.health],
    ...(machine.paused
      ? [["Paused", `since ${timeOf(machine.paused.at)}, by ${machine.paused.by}`] as const]
      : []),
    ...waits.map((wait): [string, string] => ["Waiting", oneLine(wait)]),
    ["Transitions", machine.transitions.join(", ") || "none legal now"],
    ["Last Transition", lastText(machine.last)],
    ["File", machine.file],
    ...data.map(([key, value]): [string, string] => [`Data ${key}`, JSON.stringify(value)]),
  ];
}

function lastText(last: JsonObject | null): string {
  if (!last) return "none yet";
  const { transition, from, to, at, by } = last;
  return `${text(transition)}, ${text(from)} to ${text(to)}, ${timeOf(text(at))}, by ${text(by)}`;
}

function watcherRow(watcher: WatcherDetails): string[] {
  return [
    watcher.name,
    watcher.type,
    watcher.active ? "yes" : "no",
    watcher.looking ? `${watcher.outcome} (looking)` : watcher.outcome,
    timeOf(watcher.lookedAt),
    timeOf(watcher.nextLookAt),
  ];
}

/** What a watcher missed, why its last look failed, and what its command last printed. */
async function printLastLook(output: Output, watcher: WatcherDetails): Promise<void> {
  const { name, outcome, missed, error, output: said } = watcher;
  if (missed)
    await output.line(`\n${output.paint.bold(name)} missed ${missedText(missed)} since the machine started`);
  if (error !== null)
    await output.line(
      `\n${output.paint.bold(name)} ${outcome === "waiting" ? "waits" : "failed"}: ${oneLine(error)}`,
    );
  if (!said) return;
  await output.line(`\n${output.paint.bold(name)} last said:`);
  for (const line of said.replace(/\n$/, "").split("\n")) await output.line(`  ${oneLine(line)}`);
}

function timeOf(iso: string | null): string {
  return iso ? localTime(new Date(iso)) : "";
}
