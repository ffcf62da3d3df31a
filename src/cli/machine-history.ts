/** `machinist history`: the transitions of a machine that its record still knows. */
import { Command } from "@commander-js/extra-typings";
import { isJsonObject } from "../lib/json.ts";
import { askMachine } from "./ask-machine.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { readHistory } from "./machine-answer.ts";
import { localTime, table } from "./table.ts";

export function historyCommand(begin: BeginInvocation) {
  return new Command("history")
    .description("the last transitions of a machine, newest first")
    .argument("<name>")
    .addHelpText("after", examples("machinist history deploy", "machinist history deploy --json"))
    .action(async (name) => {
      const invocation = await begin();
      const { output } = invocation;
      const answer = await askMachine(invocation, name, { below: ["history"] });
      if (output.json) {
        for (const line of Array.isArray(answer) ? answer.filter(isJsonObject) : [])
          await output.document(line);
        return;
      }
      const lines = readHistory(answer);
      if (lines.length === 0) output.message(`machine ${name} has made no transition yet`);
      else {
        const rows = lines.map(({ at, transition, from, to, by, revision }) => [
          at ? localTime(new Date(at)) : "",
          transition,
          from,
          to,
          by,
          String(revision),
        ]);
        await output.line(table(output, ["At", "Transition", "From", "To", "By", "Revision"], rows));
      }
    });
}
