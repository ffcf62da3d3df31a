/** `machinist graph`: draws the state chart of a machine file, or of a running machine with the state it is in. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "@commander-js/extra-typings";
import { drawings } from "../definition/drawings.ts";
import { type StateChart, stateChartOf } from "../definition/state-chart.ts";
import { codeOf, MachinistError } from "../lib/errors.ts";
import type { WatcherTypes } from "../watching/registry.ts";
import { askMachine } from "./ask-machine.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { readMachine } from "./machine-answer.ts";
import { oneOf } from "./values.ts";

const formats = ["tree", "mermaid", "dot", "json"] as const;

export function graphCommand(begin: BeginInvocation) {
  return new Command("graph")
    .description("the state chart of a machine file, or of a running machine with its current state")
    .argument("<path-or-name>", "a machine file, a machine's directory, or the name of a running machine")
    .addOption(
      new Option("--format <format>", `${formats.join(", ")} (default: tree)`).argParser(oneOf(formats)),
    )
    .addHelpText(
      "after",
      examples("machinist graph deploy", "machinist graph machines/deploy --format mermaid"),
    )
    .action(async (subject, { format }) => {
      const invocation = await begin();
      const { output } = invocation;
      const { builtInTypes } = await import("./built-in-types.ts");
      const chart = await chartOfSubject(invocation, subject, builtInTypes());
      const drawn = format ?? (output.json ? "json" : "tree");
      if (drawn === "json") await output.document(chart);
      else await output.bytes(drawings[drawn](chart));
    });
}

async function chartOfSubject(
  invocation: Invocation,
  subject: string,
  types: WatcherTypes,
): Promise<StateChart> {
  const { readDefinition } = await import("./definition-file.ts");
  const path = resolve(invocation.surroundings.workingDirectory, subject);
  if (await stat(path).catch(() => undefined)) {
    return stateChartOf(await readDefinition(invocation, path, types), types, undefined);
  }
  const machine = readMachine(await askMachine(invocation, subject).catch((error) => refuse(subject, error)));
  const definition = await readDefinition(invocation, machine.file, types);
  return stateChartOf(definition, types, machine.state ?? undefined);
}

function refuse(subject: string, error: unknown): never {
  if (codeOf(error) !== "DAEMON_NOT_RUNNING") throw error;
  throw new MachinistError(
    "FILE_NOT_FOUND",
    `there is no file or directory ${subject}, and no daemon runs that could know a machine of that name`,
    { cause: error },
  );
}
