/** `machinist compile`: a definition as the configuration of an xstate machine. */
import { Command } from "@commander-js/extra-typings";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";

export function compileCommand(begin: BeginInvocation) {
  return new Command("compile")
    .description("the xstate machine configuration of a machine file, for any xstate tool")
    .argument("<path>", "a machine file or a machine's directory")
    .addHelpText("after", examples("machinist compile machines/deploy > deploy.xstate.json"))
    .action(async (path) => {
      const invocation = await begin();
      const { output } = invocation;
      const { readDefinition } = await import("./definition-file.ts");
      const { builtInTypes } = await import("./built-in-types.ts");
      const { compile } = await import("../machine/compile.ts");
      const { config } = compile(await readDefinition(invocation, path, builtInTypes()));
      if (output.json) await output.document(config);
      else await output.line(JSON.stringify(config, null, 2));
    });
}
