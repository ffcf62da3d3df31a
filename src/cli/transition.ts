/** `machinist transition`: asks the daemon to fire one, and waits until it is committed. */
import { Command } from "@commander-js/extra-typings";
import { askMachine } from "./ask-machine.ts";
import { examples } from "./examples.ts";
import { object, text } from "./machine-answer.ts";
import type { StartSession } from "./session.ts";

export function transitionCommand(start: StartSession) {
  return new Command("transition")
    .description("fire a transition and wait until it is committed")
    .argument("<name>", "the machine")
    .argument("<transition>", "one that is legal now: see machinist show")
    .addHelpText("after", examples("machinist transition deploy retry"))
    .action(async (name, transition) => {
      const session = await start();
      const answer = await askMachine(session, name, {
        below: ["transition"],
        method: "POST",
        body: { transition },
      });
      const { output } = session;
      if (output.json) await output.document(answer);
      else {
        const { from, state } = object(answer);
        await output.line(`${name}: ${transition}, ${text(from)} to ${text(state)}`);
      }
    });
}
