/** `machinist facts`: the facts that templates and conditions see. */
import { Command } from "@commander-js/extra-typings";
import { askDaemon, route } from "./client.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";

export function factsCommand(begin: BeginInvocation) {
  return new Command("facts")
    .description("facts of the host, as the machines of the daemon see them")
    .addHelpText("after", examples("machinist facts", "machinist facts --json"))
    .action(async () => {
      const { config, output } = await begin();
      const facts = await askDaemon(config.daemon, { method: "GET", path: route("facts") });
      if (output.json) await output.document(facts);
      else await output.line(JSON.stringify(facts, null, 2));
    });
}
