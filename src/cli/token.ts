/** `machinist token new`: a bearer token for the HTTP interface. */
import { Command } from "@commander-js/extra-typings";
import { hashOfToken, newToken, type Scope, scopes } from "../lib/token.ts";
import { examples } from "./examples.ts";
import type { BeginInvocation } from "./invocation.ts";
import { oneOf } from "./values.ts";

export function tokenCommand(begin: BeginInvocation) {
  return new Command("token")
    .description("tokens for the HTTP interface")
    .addCommand(newCommand(begin))
    .addHelpText("after", examples("machinist token new ci --scopes read,transition"));
}

function newCommand(begin: BeginInvocation) {
  return new Command("new")
    .description("make a token: it is shown once, and the config file needs the line that is printed with it")
    .argument("<name>", "whose it is")
    .requiredOption("--scopes <list>", `joined by commas: ${scopes.join(", ")}`, scopeList)
    .addHelpText(
      "after",
      examples(
        "machinist token new dashboard --scopes read",
        "machinist token new ci --scopes read,transition",
      ),
    )
    .action(async (name, options) => {
      const { output } = await begin();
      const token = newToken();
      const line = { name, hash: hashOfToken(token), scopes: options.scopes };
      if (output.json) return output.document({ token, ...line });
      output.message("the token, which nobody can show again:");
      await output.line(token);
      output.message("\nfor http.tokens of the config file:");
      output.message(`- ${JSON.stringify(line)}`);
    });
}

function scopeList(text: string): Scope[] {
  return [...new Set(text.split(",").map((word) => oneOf(scopes)(word.trim())))];
}
