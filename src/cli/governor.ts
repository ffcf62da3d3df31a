/** `machinist governor`: the group of all commands on governors. */
import { Command } from "@commander-js/extra-typings";
import { examples } from "./examples.ts";
import { addCommand } from "./governor-add.ts";
import { evictCommand, resetCommand, rmCommand } from "./governor-remove.ts";
import { lsCommand, viewCommand } from "./governor-view.ts";
import { governorRunCommand } from "./guarded/governor-run.ts";
import type { BeginInvocation } from "./invocation.ts";

export function governorCommand(begin: BeginInvocation) {
  const governor = new Command("governor").description(
    "governors: how many may work at a time, over all hosts that share the store",
  );
  const verbs = [
    addCommand(begin),
    lsCommand(begin),
    viewCommand(begin),
    evictCommand(begin),
    resetCommand(begin),
    rmCommand(begin),
    governorRunCommand(begin),
  ];
  for (const verb of verbs) governor.addCommand(verb);
  return governor.addHelpText(
    "after",
    examples("machinist governor add deploys 3", "machinist governor view deploys"),
  );
}
