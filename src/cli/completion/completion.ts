/** `machinist completion`: a script for the shell; and `__complete`, which that script asks at each Tab. */
import { Argument, Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { askDaemon } from "../client.ts";
import { examples } from "../examples.ts";
import type { BeginInvocation } from "../invocation.ts";
import { oneLine } from "../table.ts";
import { oneOf } from "../values.ts";
import { candidatesAt } from "./candidates.ts";
import { positionIn } from "./position.ts";
import { scripts, shells } from "./scripts.ts";

/** Nobody waits longer at a Tab. */
const patienceMs = 1_000;

export function completionCommand(begin: BeginInvocation) {
  return new Command("completion")
    .description("a script that completes commands, options, machines, transitions, buckets and keys")
    .addArgument(new Argument("<shell>", shells.join(", ")).argParser(oneOf(shells)))
    .addHelpText(
      "after",
      examples(
        "source <(machinist completion bash)",
        "source <(machinist completion zsh)",
        "machinist completion fish > ~/.config/fish/completions/machinist.fish",
      ),
    )
    .action(async (shell) => {
      const { output } = await begin();
      await output.bytes(scripts[shell]);
    });
}

/** Hidden. Prints a candidate and its description, divided by a tab, on each line. What fails completes nothing. */
export function completeCommand(begin: BeginInvocation, program: () => CommandUnknownOpts) {
  return new Command("__complete")
    .argument("[words...]", "the command line, the last word to be completed")
    .action(async (words) => {
      const position = positionIn(program(), words);
      const { data, config: file } = position.globals;
      const { config, output } = await begin({ data, config: file });
      const { daemon } = config;
      const ask = (path: string) =>
        askDaemon(daemon, { method: "GET", path, timeoutMs: patienceMs }).catch(() => undefined);
      for (const { word, description } of await candidatesAt(program(), position, ask))
        await output.line(`${oneLine(word)}\t${oneLine(description)}`);
    });
}
