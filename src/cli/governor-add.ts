/** `governor add`: a new governor, or another capacity for one. */
import { Command } from "@commander-js/extra-typings";
import { makeGovernor } from "../machine/governor-bucket.ts";
import { examples } from "./examples.ts";
import { printGovernor } from "./governor-view.ts";
import type { BeginInvocation } from "./invocation.ts";
import { withWholeStore } from "./kv-store.ts";
import { duration, wholeNumber } from "./values.ts";

export function addCommand(begin: BeginInvocation) {
  return new Command("add")
    .description("create a governor; one that exists gets this capacity")
    .argument("<name>", "letters, digits, - and _")
    .argument("<capacity>", "how many may work at a time, 1 to 1000", wholeNumber)
    .option("--ttl <duration>", "how long the slot of a host that died stays taken (default: 30s)", duration)
    .option(
      "--replicas <count>",
      "with the first governor: copies kept by a NATS cluster, 1, 3 or 5 (default: 1)",
      wholeNumber,
    )
    .addHelpText(
      "after",
      examples("machinist governor add deploys 3", "machinist governor add deploys 3 --ttl 1m"),
    )
    .action(async (name, capacity, { ttl: ttlMs, replicas }) => {
      const invocation = await begin();
      const { output } = invocation;
      await withWholeStore(
        invocation,
        async (store) => {
          const { governor, before } = await makeGovernor(store, name, { capacity, ttlMs, replicas });
          await printGovernor(output, await governor.status());
          if (before === undefined || before === capacity || output.json) return;
          output.message(`governor ${name} existed: its capacity was ${before} and is ${capacity} now`);
        },
        { creates: true },
      );
    });
}
