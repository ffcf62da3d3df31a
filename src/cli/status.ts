/** `machinist status`: the daemon that runs here. */
import { Command } from "@commander-js/extra-typings";
import { askDaemon, route } from "./client.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { object, text } from "./machine-answer.ts";
import { localTime, page } from "./table.ts";

export function statusCommand(begin: BeginInvocation) {
  return new Command("status")
    .description("the daemon: since when, on what store, how many machines; doctor tells what is wrong")
    .addHelpText("after", examples("machinist status", "machinist status --json"))
    .action(async () => {
      const { config, output } = await begin();
      const answer = await askDaemon(config.socketPath, { method: "GET", path: route("status") });
      if (output.json) {
        await output.document(answer);
        return;
      }
      const { version, pid, started, identity, dataDirectory, store, http, machines } = object(answer);
      const counts = Object.entries(object(machines)).map(([health, count]) => `${count} ${health}`);
      await output.line(
        page(output, `machinist ${text(version)}`, [
          ["Process", String(pid)],
          ["Since", localTime(new Date(text(started)))],
          ["Identity", text(identity)],
          ["Data", text(dataDirectory)],
          ["Store", text(store)],
          ["HTTP", text(http) || "only on the socket"],
          ["Machines", counts.join(", ") || "none"],
        ]),
      );
    });
}
