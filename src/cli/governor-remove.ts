/** `governor evict`, `governor reset`, `governor rm`: what takes slots away from those who work in them. */
import { Command } from "@commander-js/extra-typings";
import { evictHolder, openGovernor } from "../machine/governor-bucket.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { agreed } from "./kv-remove.ts";
import { withWholeStore } from "./kv-store.ts";
import { wholeNumber } from "./values.ts";

export function evictCommand(begin: BeginInvocation) {
  return new Command("evict")
    .description(
      "take one slot away; the command that runs in it is stopped when its host next renews the slot",
    )
    .argument("<name>")
    .argument("<slot>", "its number, as `governor view` shows it", wholeNumber)
    .addHelpText("after", examples("machinist governor evict deploys 2"))
    .action(async (name, slot) => {
      const invocation = await begin();
      await withWholeStore(invocation, async (store) => {
        await evictHolder(store, name, slot);
        if (invocation.output.json) await invocation.output.document({ governor: name, slot, evicted: true });
      });
    });
}

export function resetCommand(begin: BeginInvocation) {
  return new Command("reset")
    .description("take all slots away, as evict does each")
    .argument("<name>")
    .option("-f, --force", "do not ask")
    .addHelpText("after", examples("machinist governor reset deploys", "machinist governor reset deploys -f"))
    .action(async (name, { force }) => {
      const invocation = await begin();
      await withWholeStore(invocation, async (store) => {
        const governor = await openGovernor(store, name);
        if (!(await agreed(invocation, `Evict all holders of governor ${name}?`, force, "Skipping reset")))
          return;
        const { holders } = await governor.status();
        const evictions = await Promise.all(holders.map(({ key }) => governor.evict(key)));
        const evicted = evictions.filter(Boolean).length;
        if (invocation.output.json) await invocation.output.document({ governor: name, evicted });
      });
    });
}

export function rmCommand(begin: BeginInvocation) {
  return new Command("rm")
    .alias("delete")
    .description("remove a governor; who works in its slots loses them, and nobody gets one any more")
    .argument("<name>")
    .option("-f, --force", "do not ask")
    .addHelpText("after", examples("machinist governor rm deploys", "machinist governor rm deploys -f"))
    .action(async (name, { force }) => {
      const invocation = await begin();
      await withWholeStore(invocation, async (store) => {
        const governor = await openGovernor(store, name);
        if (!(await agreed(invocation, `Delete governor ${name}?`, force))) return;
        await governor.remove();
        if (invocation.output.json) await invocation.output.document({ governor: name, removed: true });
      });
    });
}
