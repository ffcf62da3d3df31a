/** `machinist plugins`: the group of all commands on specifications of plugins and machines. */
import { Command } from "@commander-js/extra-typings";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { keygenCommand } from "./plugins-keygen.ts";
import { matchCommand } from "./plugins-match.ts";
import { packCommand } from "./plugins-pack.ts";
import { verifyCommand } from "./plugins-verify.ts";

export function pluginsCommand(begin: BeginInvocation) {
  const plugins = new Command("plugins").description(
    "specifications: what the watchers of types plugins and machines install",
  );
  for (const command of [
    keygenCommand(begin),
    packCommand(begin),
    verifyCommand(begin),
    matchCommand(begin),
  ]) {
    plugins.addCommand(command);
  }
  return plugins.addHelpText(
    "after",
    examples(
      "machinist plugins pack plugins.json plugins.seed --output spec.json",
      "machinist kv put PLUGINS plugins - < spec.json",
    ),
  );
}
