/** `governor run`: a command that runs in a slot of a governor. */
import { hostname } from "node:os";
import { Command } from "@commander-js/extra-typings";
import { openGovernor } from "../../machine/governor-bucket.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation } from "../invocation.ts";
import { withWholeStore } from "../kv-store.ts";
import { runGuarded, waitOptions } from "./run-guarded.ts";

export function governorRunCommand(begin: BeginInvocation) {
  const command = new Command("run")
    .description("run a command in a slot of a governor, and exit with its status")
    .argument("<name>", "the governor")
    .argument("<command...>", "after --: a program and its arguments");
  return waitOptions(command)
    .addHelpText(
      "after",
      examples(
        "machinist governor run deploys -- ./deploy.sh --now",
        "machinist governor run deploys --no-wait -E 75 -- ./deploy.sh",
      ),
    )
    .action(async (name, words, options) => {
      const invocation = await begin();
      await withWholeStore(invocation, async (store) => {
        const governor = await openGovernor(store, name);
        const owner = `${words[0]} (pid ${process.pid}) @ ${hostname()}`;
        const guard = {
          what: `a slot of governor ${name}`,
          take: (waiting: { readonly signal: AbortSignal; readonly waitMs?: number }) =>
            governor.acquire({ owner, ...waiting }),
          tryTake: () => governor.tryAcquire({ owner }),
          holders: async () => (await governor.status()).holders.map((holder) => holder.owner),
        };
        await runGuarded(invocation, guard, words, options);
      });
    });
}
