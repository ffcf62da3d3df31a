/** `machinist transition`: asks the daemon to fire one, and waits until it is committed. */
import { Command } from "@commander-js/extra-typings";
import { askMachine } from "./ask-machine.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { object, text } from "./machine-answer.ts";

export function transitionCommand(begin: BeginInvocation) {
  return new Command("transition")
    .description("fire a transition and wait until it is committed")
    .argument("<name>", "the machine")
    .argument("<transition>", "one that is legal now: see machinist show")
    .option("--from <state>", "only if the machine is in this state then")
    .addHelpText(
      "after",
      examples("machinist transition deploy retry", "machinist transition deploy retry --from FAILED"),
    )
    .action(async (name, transition, { from: onlyFrom }) => {
      const invocation = await begin();
      const answer = await askMachine(invocation, name, {
        below: ["transition"],
        method: "POST",
        body: { transition, ...(onlyFrom !== undefined && { from: onlyFrom }) },
      });
      const { output } = invocation;
      if (output.json) await output.document(answer);
      else {
        const { from, to } = object(answer);
        await output.line(`${name}: ${transition}, ${text(from)} to ${text(to)}`);
      }
    });
}
