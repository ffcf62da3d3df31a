/** `machinist list`: all machines of the daemon, a line each. */
import { Command } from "@commander-js/extra-typings";
import type { MachineSummary } from "../http/machine-view.ts";
import { askDaemon, route } from "./client.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { readMachines } from "./machine-answer.ts";
import type { Output } from "./output.ts";
import { localTime, oneLine, table } from "./table.ts";

export function listCommand(begin: BeginInvocation) {
  return new Command("list")
    .description("machines that the daemon knows: state, health, and the transitions legal now")
    .addHelpText("after", examples("machinist list", "machinist list --json"))
    .action(async () => {
      const { config, output } = await begin();
      const answer = await askDaemon(config.socketPath, { method: "GET", path: route("machines") });
      if (output.json) await output.document(answer);
      else await printMachines(output, readMachines(answer), config.dropDirectories);
    });
}

async function printMachines(
  output: Output,
  machines: MachineSummary[],
  dropDirectories: readonly string[],
): Promise<void> {
  if (machines.length === 0) {
    output.message(`no machines; drop one into ${dropDirectories.join(" or ")}, or try \`machinist init\``);
    return;
  }
  const rows = machines.map((machine) => [
    machine.name,
    machine.version ?? "",
    machine.state ?? "",
    machine.since ? localTime(new Date(machine.since)) : "",
    machine.health,
    machine.transitions.join(", "),
  ]);
  await output.line(table(output, ["Name", "Version", "State", "Since", "Health", "Transitions"], rows));
  for (const fault of machines.flatMap(({ faults }) => faults)) await output.line(oneLine(fault));
}
