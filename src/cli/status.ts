/** `machinist status`: the daemon that runs here. */
import { Command } from "@commander-js/extra-typings";
import type { Json } from "../lib/json.ts";
import { formatSize } from "../lib/size.ts";
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
      const answer = await askDaemon(config.daemon, { method: "GET", path: route("status") });
      if (output.json) {
        await output.document(answer);
        return;
      }
      const { version, pid, started, identity, dataDirectory, store, http, machines, topics, topicsMissed } =
        object(answer);
      const { disk, eventLoopDelayMs, memoryBytes, commandTracking } = object(answer);
      const { freeBytes, sizeBytes, storeBytes } = object(disk);
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
          ["Topics", topicsText(topics, topicsMissed)],
          ["Commands", trackings[text(commandTracking)] ?? "wait for those of an earlier daemon"],
          ["Disk", `${size(storeBytes)} used by the store, ${size(freeBytes)} of ${size(sizeBytes)} free`],
          ["Memory", size(memoryBytes)],
          ["Event loop", `late by ${Number(eventLoopDelayMs).toFixed(1)} ms (p99)`],
        ]),
      );
    });
}

function topicsText(isHandled: Json | undefined, missed: Json | undefined): string {
  if (isHandled !== true) return "no handlers";
  return Number(missed) > 0 ? `handled; ${missed} revisions were gone before they were read` : "handled";
}

const trackings: Readonly<Record<string, string>> = {
  cgroup: "each in a cgroup of its own",
  search: "found by a search of all processes; no writable cgroup v2",
  "process-group": "found by process group",
};

function size(bytes: Json | undefined): string {
  return formatSize(Number(bytes));
}
