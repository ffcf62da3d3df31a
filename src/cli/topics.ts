/** `machinist topics`: messages that wait for handlers, or that handlers have given up on. Works with and without a daemon. */
import { Command } from "@commander-js/extra-typings";
import type { Bucket } from "../kv/store.ts";
import { MachinistError } from "../lib/errors.ts";
import type { Delivery, ListedMessage } from "../topics/messages.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation, Invocation } from "./invocation.ts";
import { withWholeStore } from "./kv-store.ts";
import type { Output } from "./output.ts";
import { localTime, table } from "./table.ts";

export function topicsCommand(begin: BeginInvocation) {
  return new Command("topics")
    .description("messages of topics that are not handled yet")
    .addHelpText("after", examples("machinist topics ls", "machinist topics retry --all"))
    .addCommand(lsCommand(begin))
    .addCommand(retryCommand(begin))
    .addCommand(dropCommand(begin));
}

function lsCommand(begin: BeginInvocation) {
  return new Command("ls")
    .description("messages that wait, and for whom; `dead`: it failed too often and is called no more")
    .option("--dead", "only those that are called no more")
    .addHelpText("after", examples("machinist topics ls", "machinist topics ls --dead --json"))
    .action(async ({ dead = false }) => {
      const invocation = await begin();
      await withQueue(invocation, async (queue, { listDeadMessages, listMessages }) => {
        const list = dead ? listDeadMessages : listMessages;
        const found = queue ? await list(queue) : [];
        await show(invocation.output, found, dead ? "no dead messages" : "no messages wait");
      });
    });
}

function retryCommand(begin: BeginInvocation) {
  return new Command("retry")
    .description("call the handlers that failed again, at once if the daemon runs")
    .argument("[messages...]", "their ids, as `topics ls` shows them")
    .option("--all", "all dead messages")
    .addHelpText("after", examples("machinist topics retry user_created.41", "machinist topics retry --all"))
    .action(async (ids, { all = false }) => {
      const invocation = await begin();
      await eachMessage(invocation, { ids, all, verb: "retried" }, ({ retryMessage }) => retryMessage);
    });
}

function dropCommand(begin: BeginInvocation) {
  return new Command("drop")
    .description("give messages to nobody any more")
    .argument("[messages...]", "their ids, as `topics ls` shows them")
    .option("--all", "all dead messages")
    .addHelpText("after", examples("machinist topics drop user_created.41", "machinist topics drop --all"))
    .action(async (ids, { all = false }) => {
      const invocation = await begin();
      await eachMessage(invocation, { ids, all, verb: "dropped" }, ({ dropMessage }) => dropMessage);
    });
}

type Verbs = typeof import("../topics/messages.ts");

interface Wanted {
  readonly ids: readonly string[];
  /** All dead ones. */
  readonly all: boolean;
  readonly verb: "retried" | "dropped";
}

async function eachMessage(
  invocation: Invocation,
  { ids, all, verb }: Wanted,
  of: (verbs: Verbs) => (queue: Bucket, id: string) => Promise<void>,
): Promise<void> {
  if (all === ids.length > 0)
    throw new MachinistError("USAGE", "name messages, or give --all: one of the two");
  await withQueue(invocation, async (queue, verbs) => {
    const wanted = all ? await deadIn(queue, verbs) : ids;
    for (const id of wanted) {
      if (!queue) throw new MachinistError("KEY_NOT_FOUND", "no messages wait: nothing was ever published");
      await of(verbs)(queue, id);
    }
    const { output } = invocation;
    if (output.json) await output.document({ [verb]: wanted });
    else output.message(`${verb}: ${wanted.join(", ") || "none"}`);
  });
}

async function deadIn(queue: Bucket | undefined, { listDeadMessages }: Verbs): Promise<readonly string[]> {
  return queue ? (await listDeadMessages(queue)).map(({ id }) => id) : [];
}

/** Loaded only here, as the engine. `queue` is undefined when there never was a message. */
async function withQueue(
  invocation: Invocation,
  use: (queue: Bucket | undefined, verbs: Verbs) => Promise<void>,
): Promise<void> {
  const { existingQueueBucket } = await import("../topics/buckets.ts");
  const verbs = await import("../topics/messages.ts");
  await withWholeStore(invocation, async (store) => use(await existingQueueBucket(store), verbs));
}

async function show(output: Output, found: readonly ListedMessage[], none: string): Promise<void> {
  if (output.json) await output.document(found.map(({ id, message }) => ({ id, ...message })));
  else if (found.length === 0) output.message(none);
  else await output.line(tableOf(output, found));
}

function tableOf(output: Output, found: readonly ListedMessage[]): string {
  const rows = found.flatMap(({ id, message }) => {
    const published = localTime(new Date(message.published));
    const waiting = Object.entries(message.waiting ?? {});
    if (waiting.length === 0) return [[id, "", published, "not called yet", "", ""]];
    return waiting.map(([name, delivery]) => [
      id,
      name,
      published,
      stateOf(delivery),
      String(delivery.attempts),
      delivery.error ?? "",
    ]);
  });
  return table(output, ["Message", "Subscriber", "Published", "State", "Attempts", "Error"], rows);
}

function stateOf({ dead, at, attempts }: Delivery): string {
  if (dead) return "dead";
  if (at !== undefined) return `again at ${localTime(new Date(at))}`;
  return attempts === 0 ? "not called yet" : "waits";
}
