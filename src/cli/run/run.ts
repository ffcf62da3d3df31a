/** `machinist run`: the daemon, in the foreground. */
import { Command } from "@commander-js/extra-typings";
import { configFrom } from "../../config/config.ts";
import type { ConfigFlags } from "../../config/sources.ts";
import { MachinistError } from "../../lib/errors.ts";
import { examples } from "../examples.ts";
import { readGivenFile } from "../given-file.ts";
import { type BeginInvocation, configSources } from "../invocation.ts";

export function runCommand(begin: BeginInvocation) {
  return new Command("run")
    .description("the daemon: runs the machines of the drop directories until it is stopped")
    .argument("[directory...]", "drop directories (default: machines)")
    .option("--http <host:port>", "answer on TCP too (MACHINIST_HTTP; default: only on the socket)")
    .option("--http-open", "without a token: whoever can connect may do everything (only on loopback)")
    .option("--facts <file>", "facts of the host, JSON or YAML (default: facts.json in the data directory)")
    .option("--ephemeral", "in a temporary data directory and store, removed at the end; to try machines")
    .option(
      "--set-data <file>",
      "with --ephemeral: data to begin with, JSON or YAML: machine, then its items",
    )
    .addHelpText(
      "after",
      examples(
        "machinist run",
        "machinist run machines more-machines --data /var/lib/machinist",
        "machinist run machines --ephemeral --set-data data.yaml --http 127.0.0.1:7890",
      ),
    )
    .action(async (dropDirectories, { http, httpOpen, facts, ephemeral = false, setData }) => {
      if (setData !== undefined && !ephemeral) {
        throw new MachinistError(
          "USAGE",
          "--set-data needs --ephemeral: set data of a machine that lives on with `machinist data NAME set`",
        );
      }
      const flags = { dropDirectories, http, httpOpen, facts, createsDataDirectory: true };
      if (!ephemeral) return run(begin, flags);
      const { withTemporaryData } = await import("./ephemeral.ts");
      await withTemporaryData((data) => run(begin, { ...flags, data, isEphemeral: true }, setData));
    });
}

async function run(begin: BeginInvocation, given: ConfigFlags, setData?: string): Promise<void> {
  const invocation = await begin(given);
  const { config, flags, surroundings, exitWith } = invocation;
  // Everything else starts without the weight of a daemon.
  const { runDaemon } = await import("../../foreground.ts");
  const { readConfigFile } = await import("../../config/config-file.ts");
  const { readInitialData } = await import("./ephemeral.ts");
  const initialData =
    setData === undefined ? {} : readInitialData(await readGivenFile(invocation, setData), setData);
  const { stdout, stderr, workingDirectory, signals } = surroundings;
  const reread = () => configFrom(configSources(surroundings, flags), readConfigFile);
  const options = { initialData };
  const status = await runDaemon(config, { stdout, stderr, workingDirectory, signals, reread, options });
  exitWith(status);
  // Stopped before it was drained: what is still open would keep the process.
  if (status !== 0) surroundings.endNow(status);
}
