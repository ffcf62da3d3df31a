/** `machinist events`: what happens, a line each. */
import { Command } from "@commander-js/extra-typings";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { route } from "./client.ts";
import { daemonEvents } from "./daemon-stream.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { text } from "./machine-answer.ts";
import type { Output } from "./output.ts";
import { stopRequest } from "./stop-request.ts";
import { localTime, oneLine } from "./table.ts";
import { moment } from "./values.ts";

export function eventsCommand(begin: BeginInvocation) {
  return new Command("events")
    .description("the last events that the daemon knows, of all machines or one; with --follow those to come")
    .argument("[name]", "the machine")
    .option("--follow", "go on with what comes, until Ctrl-C")
    .option("--since <time>", "a time, or how long ago: 10m; default: all, with --follow none", moment)
    .addHelpText("after", examples("machinist events", "machinist events deploy --follow --since 10m --json"))
    .action(async (name, { follow, since }) => {
      const { config, surroundings, output } = await begin();
      using stop = stopRequest(surroundings, undefined);
      const begins = since?.(surroundings.clock.now()) ?? (follow ? undefined : 0);
      const query = new URLSearchParams({
        follow: String(follow === true),
        ...(name === undefined ? {} : { machine: name }),
        ...(begins === undefined ? {} : { since: new Date(begins).toISOString() }),
      });
      const path = `${route("events")}?${query}`;
      for await (const event of daemonEvents(config.daemon, path, stop.signal)) await print(output, event);
    });
}

async function print(output: Output, event: Json): Promise<void> {
  if (output.json) await output.document(event);
  else if (isJsonObject(event)) await output.line(lineOf(event, output));
}

function lineOf(event: JsonObject, { paint }: Output): string {
  const data = isJsonObject(event["data"]) ? event["data"] : {};
  const machine = text(data["machine"] ?? data["component"]);
  const when = localTime(new Date(text(event["time"])));
  const by = text(event["firedby"]);
  const who = by === "" ? "" : ` by ${by}`;
  return oneLine(`[${when}] ${machine}: `) + paint.bold(oneLine(whatOf(data))) + oneLine(who);
}

function whatOf(data: JsonObject): string {
  const { transition, from_state, to_state, governor, event_type, subject, type, name, state, protocol } =
    data;
  if (transition !== undefined) return `${text(transition)}, ${text(from_state)} to ${text(to_state)}`;
  if (governor !== undefined) return `governor ${text(governor)}: ${text(event_type)}`;
  if (subject !== undefined) return `${text(name)} said something on ${text(subject)}`;
  const kind = /^io\.machinist\.machine\.v1\.(\w+)$/.exec(text(protocol))?.[1];
  if (kind !== undefined) return `${kind} in ${text(state)}`;
  return `${text(type)} ${text(name)}: ${text(state ?? data["status"])}`;
}
