/** `machinist schema`: the JSON Schema of machine files, for editors. */
import { Command } from "@commander-js/extra-typings";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";

export function schemaCommand(begin: BeginInvocation) {
  return new Command("schema")
    .description("the JSON Schema of machine files, all watcher types in it")
    .addHelpText("after", examples("machinist schema > machine.schema.json"))
    .action(async () => {
      const { output } = await begin();
      const { joinedSchema } = await import("../definition/joined-schema.ts");
      const { builtInTypes } = await import("./built-in-types.ts");
      const schema = joinedSchema(builtInTypes());
      if (output.json) await output.document(schema);
      else await output.line(JSON.stringify(schema, null, 2));
    });
}
