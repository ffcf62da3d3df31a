/** `governor ls`, `governor view`: governors, and who has their slots. */
import { Command } from "@commander-js/extra-typings";
import type { SemaphoreStatus } from "../kv/semaphore.ts";
import { formatDuration } from "../lib/duration.ts";
import { listGovernors, openGovernor } from "../machine/governor-bucket.ts";
import { governorJson, slotOf } from "../machine/governor-json.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { withWholeStore } from "./kv-store.ts";
import type { Output } from "./output.ts";
import { localTime, page, table } from "./table.ts";

export function lsCommand(begin: BeginInvocation) {
  return new Command("ls")
    .alias("list")
    .description("all governors, a line each")
    .addHelpText("after", examples("machinist governor ls", "machinist governor ls --json"))
    .action(async () => {
      const invocation = await begin();
      await withWholeStore(invocation, async (store) =>
        printGovernors(invocation.output, await listGovernors(store)),
      );
    });
}

export function viewCommand(begin: BeginInvocation) {
  return new Command("view")
    .description("settings of a governor, and who has its slots")
    .argument("<name>")
    .addHelpText(
      "after",
      examples("machinist governor view deploys", "machinist governor view deploys --json"),
    )
    .action(async (name) => {
      const invocation = await begin();
      await withWholeStore(invocation, async (store) => {
        const governor = await openGovernor(store, name);
        await printGovernor(invocation.output, await governor.status());
      });
    });
}

/** Prints the page of a governor with its holders, or the whole as JSON. */
export async function printGovernor(output: Output, status: SemaphoreStatus): Promise<void> {
  if (output.json) {
    await output.document(governorJson(status));
    return;
  }
  const { name, capacity, ttlMs, holders } = status;
  await output.line(
    page(output, `${name} Governor Status`, [
      ["Capacity", String(capacity)],
      ["Slots Taken", String(holders.length)],
      ["TTL of a Slot", formatDuration(ttlMs)],
    ]),
  );
  if (holders.length === 0) return;
  const rows = holders.map((holder) => [
    String(slotOf(holder)),
    holder.owner,
    localTime(holder.since),
    localTime(holder.renewed),
  ]);
  await output.line(`\n${table(output, ["Slot", "Owner", "Since", "Renewed"], rows)}`);
}

async function printGovernors(output: Output, governors: readonly SemaphoreStatus[]): Promise<void> {
  if (output.json) {
    await output.document(governors.map(governorJson));
    return;
  }
  if (governors.length === 0) {
    output.message("no governors; create one with `machinist governor add NAME CAPACITY`");
    return;
  }
  const rows = governors.map(({ name, capacity, holders, ttlMs }) => [
    name,
    String(capacity),
    String(holders.length),
    formatDuration(ttlMs),
  ]);
  await output.line(table(output, ["Governor", "Capacity", "Taken", "TTL"], rows));
}
