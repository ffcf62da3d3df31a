/** `machinist transition`: asks the daemon to fire one, and waits until it is committed. */
import { Command } from "@commander-js/extra-typings";
import { sleep } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import { askMachine } from "./ask-machine.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { object, readMachine, text } from "./machine-answer.ts";
import { delayText } from "./waits.ts";

/** Most transitions are committed before. */
const patienceMs = 250;

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
      const asking = askMachine(invocation, name, {
        below: ["transition"],
        method: "POST",
        body: { transition, ...(onlyFrom !== undefined && { from: onlyFrom }) },
      });
      const answer = await (invocation.output.json ? asking : tellingWaits(asking, invocation, name));
      const { output } = invocation;
      if (output.json) await output.document(answer);
      else {
        const { from, to } = object(answer);
        await output.line(`${name}: ${transition}, ${text(from)} to ${text(to)}`);
      }
    });
}

/** Prints once what each transition waits for that is made before the answer comes: this one, and those before it in the queue. */
async function tellingWaits(asking: Promise<Json>, invocation: Invocation, name: string): Promise<Json> {
  const answered = new AbortController();
  const answer = asking.finally(() => answered.abort());
  await Promise.allSettled([answer, tellWaits(invocation, name, answered.signal)]);
  return answer;
}

async function tellWaits(invocation: Invocation, name: string, answered: AbortSignal): Promise<void> {
  const { output, surroundings } = invocation;
  const { clock } = surroundings;
  let told = "";
  for (let restMs = 0; !answered.aborted; ) {
    await sleep(clock, Math.max(restMs, patienceMs), answered).catch(() => undefined);
    const delayed = answered.aborted ? null : await delayOf(invocation, name);
    restMs = delayed ? Date.parse(delayed.until) - clock.now() : 0;
    if (!delayed || answered.aborted || delayed.since === told) continue;
    told = delayed.since;
    output.message(delayText(delayed, clock.now()));
  }
}

/** Null also when it cannot be asked for: the transition's own answer says more. */
async function delayOf(
  invocation: Invocation,
  name: string,
): Promise<ReturnType<typeof readMachine>["delayed"]> {
  const asking = askMachine(invocation, name).then((answer) => readMachine(answer).delayed);
  return asking.catch(() => null);
}
