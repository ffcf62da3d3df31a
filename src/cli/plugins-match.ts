/** `plugins match`: what a `match` of an entry says about this host. */
import { hostname } from "node:os";
import { resolve } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { examples } from "./examples.ts";
import { readGivenFile } from "./given-file.ts";
import type { BeginInvocation } from "./invocation.ts";

export function matchCommand(begin: BeginInvocation) {
  return new Command("match")
    .description("whether the match of an entry is true for this host; exit status 0 both ways")
    .argument("<expression>", "with identity, has_file, has_directory, has_command, get_fact")
    .option("--identity <name>", "name of the host (default: its own)")
    .option("--facts <file>", "JSON or YAML (default: the facts of the data directory)")
    .addHelpText(
      "after",
      examples(
        `machinist plugins match "identity('^web') && has_command('nginx')"`,
        `machinist plugins match "get_fact('os.family') == 'debian'" --facts facts.yaml`,
      ),
    )
    .action(async (expression, { identity = hostname(), facts }) => {
      const invocation = await begin();
      const { config, output, surroundings } = invocation;
      // One that is named has to be there.
      if (facts !== undefined) await readGivenFile(invocation, facts);
      const { matchesHost } = await import("../lib/specification/match.ts");
      const { createFacts } = await import("../supervisor/facts.ts");
      const files = facts === undefined ? config.factsFiles : [resolve(surroundings.workingDirectory, facts)];
      const matches = matchesHost(expression, {
        identity,
        facts: createFacts(files),
        commandPath: config.exec.environment["PATH"] ?? "",
      });
      if (output.json) await output.document({ matches });
      else await output.line(matches ? "match" : "no match");
    });
}
