/** `machinist pause`, `machinist resume`: whether a machine's watchers look. */
import { Command } from "@commander-js/extra-typings";
import { isJsonObject } from "../../lib/json.ts";
import { askMachine } from "../ask-machine.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation, Invocation } from "../invocation.ts";
import { object, text } from "../machine-answer.ts";
import { localTime } from "../table.ts";

export function pauseCommand(begin: BeginInvocation) {
  return new Command("pause")
    .description("stop a machine's watchers until `resume`, also over restarts; a running command may finish")
    .argument("<name>", "the machine; its transitions can still be fired by hand")
    .addHelpText("after", examples("machinist pause deploy", "machinist pause deploy --json"))
    .action(async (name) => change(await begin(), name, "pause"));
}

export function resumeCommand(begin: BeginInvocation) {
  return new Command("resume")
    .description("end a pause: what became due meanwhile is looked at now")
    .argument("<name>", "the machine")
    .addHelpText("after", examples("machinist resume deploy"))
    .action(async (name) => change(await begin(), name, "resume"));
}

async function change(invocation: Invocation, name: string, verb: "pause" | "resume"): Promise<void> {
  const { output } = invocation;
  const answer = await askMachine(invocation, name, { below: [verb], method: "POST" });
  if (output.json) return output.document(answer);
  const { paused } = object(answer);
  const said = isJsonObject(paused)
    ? `paused since ${localTime(new Date(text(paused["at"])))}, by ${text(paused["by"])}`
    : "not paused";
  await output.line(`${name}: ${said}`);
}
