/** `machinist graph`: draws the state chart of a machine file, or of a running machine with the state it is in. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "@commander-js/extra-typings";
import { type ChartView, watcherMark } from "../chart/view.ts";
import { drawings } from "../definition/drawings.ts";
import { type StateChart, stateChartOf } from "../definition/state-chart.ts";
import type { MachineDetails } from "../http/machine-view.ts";
import { codeOf, MachinistError } from "../lib/errors.ts";
import type { WatcherTypes } from "../watching/registry.ts";
import { askMachine } from "./ask-machine.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { readMachine, text } from "./machine-answer.ts";
import { oneOf } from "./values.ts";

const formats = ["tree", "mermaid", "dot", "svg", "json"] as const;

export function graphCommand(begin: BeginInvocation) {
  return new Command("graph")
    .description("the state chart of a machine file, or of a running machine with its current state")
    .argument("<path-or-name>", "a machine file, a machine's directory, or the name of a running machine")
    .addOption(
      new Option("--format <format>", `${formats.join(", ")} (default: tree)`).argParser(oneOf(formats)),
    )
    .addHelpText(
      "after",
      examples("machinist graph deploy", "machinist graph machines/deploy --format svg >deploy.svg"),
    )
    .action(async (subject, { format }) => {
      const invocation = await begin();
      const { output } = invocation;
      const { builtInTypes } = await import("./built-in-types.ts");
      const { chart, view } = await chartOfSubject(invocation, subject, builtInTypes());
      const drawn = format ?? (output.json ? "json" : "tree");
      if (drawn === "json") await output.document(chart);
      else if (drawn === "svg") await output.bytes(await picture(chart, view));
      else await output.bytes(drawings[drawn](chart));
    });
}

/** Its modules are loaded for this format only. */
async function picture(chart: StateChart, view: ChartView): Promise<string> {
  const { layOut } = await import("../chart/layout.ts");
  const { svgOf } = await import("../chart/svg.ts");
  return svgOf({ ...chart, ...layOut(chart) }, view);
}

async function chartOfSubject(
  invocation: Invocation,
  subject: string,
  types: WatcherTypes,
): Promise<{ chart: StateChart; view: ChartView }> {
  const { readDefinition } = await import("./definition-file.ts");
  const path = resolve(invocation.surroundings.workingDirectory, subject);
  if (await stat(path).catch(() => undefined)) {
    const chart = stateChartOf(await readDefinition(invocation, path, types), types, undefined);
    return { chart, view: { legal: [], watchers: {} } };
  }
  const machine = readMachine(await askMachine(invocation, subject).catch((error) => refuse(subject, error)));
  const definition = await readDefinition(invocation, machine.file, types);
  return { chart: stateChartOf(definition, types, machine.state ?? undefined), view: viewOf(machine) };
}

function viewOf({ state, last, transitions, watchers }: MachineDetails): ChartView {
  return {
    current: state ?? undefined,
    last: last
      ? { from: text(last["from"]), transition: text(last["transition"]), to: text(last["to"]) }
      : undefined,
    legal: transitions,
    watchers: Object.fromEntries(watchers.map((watcher) => [watcher.name, watcherMark(watcher)])),
  };
}

function refuse(subject: string, error: unknown): never {
  if (codeOf(error) !== "DAEMON_NOT_RUNNING") throw error;
  throw new MachinistError(
    "FILE_NOT_FOUND",
    `there is no file or directory ${subject}, and no daemon runs that could know a machine of that name`,
    { cause: error },
  );
}
