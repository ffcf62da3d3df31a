/** `machinist config`: what is set here, whether a config file is valid, and an example of one. */
import { Command } from "@commander-js/extra-typings";
import { examples } from "../examples.ts";
import type { BeginInvocation } from "../invocation.ts";
import { settingsInEffect } from "./in-effect.ts";

export function configCommand(begin: BeginInvocation) {
  return new Command("config")
    .description("the config file: what is in effect, what is wrong with it, and an example")
    .addCommand(showCommand(begin))
    .addCommand(checkCommand(begin))
    .addCommand(exampleCommand(begin))
    .addHelpText("after", examples("machinist config show", "machinist config check"));
}

function showCommand(begin: BeginInvocation) {
  return new Command("show")
    .description(
      "the settings in effect, of flags, environment, file and defaults, in the words of the config file",
    )
    .addHelpText("after", examples("machinist config show", "machinist config show --json"))
    .action(async () => {
      const { config, output } = await begin();
      const settings = settingsInEffect(config);
      if (output.json) return output.document(settings);
      const { yamlText } = await import("../../definition/yaml-text.ts");
      await output.bytes(
        `# ${config.file ?? "no config file; defaults, flags and environment"}\n${yamlText(settings)}`,
      );
    });
}

function checkCommand(begin: BeginInvocation) {
  return new Command("check")
    .description("check a config file: every fault with its place; exit status 2 if there is one")
    .argument("[file]", "default: the one that is used here")
    .addHelpText("after", examples("machinist config check", "machinist config check /etc/machinist.yaml"))
    .action(async (file) => {
      const { config, output } = await begin(file === undefined ? {} : { config: file });
      if (output.json) return output.document({ file: config.file ?? null, valid: true });
      await output.line(
        config.file ? `${config.file} is valid` : "there is no config file; the defaults are used",
      );
    });
}

function exampleCommand(begin: BeginInvocation) {
  return new Command("example")
    .description("a config file with every line, each explained and commented out")
    .addHelpText("after", examples("machinist config example > machinist.yaml"))
    .action(async () => {
      const { output } = await begin();
      const { exampleConfig } = await import("./example.ts");
      await output.bytes(exampleConfig());
    });
}
