/** `machinist compile`: a definition as the configuration of an xstate machine. */
import { Command } from "@commander-js/extra-typings";
import { examples } from "./examples.ts";
import type { StartSession } from "./session.ts";

export function compileCommand(start: StartSession) {
  return new Command("compile")
    .description("the xstate machine configuration of a machine file, for any xstate tool")
    .argument("<path>", "a machine file or a machine's directory")
    .addHelpText("after", examples("machinist compile machines/deploy > deploy.xstate.json"))
    .action(async (path) => {
      const session = await start();
      const { output } = session;
      const { readDefinition } = await import("./definition-file.ts");
      const { builtInTypes } = await import("./built-in-types.ts");
      const { compile } = await import("../machine/compile.ts");
      const { config } = compile(await readDefinition(session, path, builtInTypes()));
      if (output.json) await output.document(config);
      else await output.line(JSON.stringify(config, null, 2));
    });
}
