/** `machinist run`: the daemon, in the foreground. */
import { Command } from "@commander-js/extra-typings";
import { configFrom } from "../config/config.ts";
import { examples } from "./examples.ts";
import { type BeginInvocation, configSources } from "./invocation.ts";

export function runCommand(begin: BeginInvocation) {
  return new Command("run")
    .description("the daemon: runs the machines of the drop directories until it is stopped")
    .argument("[directory...]", "drop directories (default: machines)")
    .option("--http <host:port>", "answer on TCP too (MACHINIST_HTTP; default: only on the socket)")
    .option("--http-open", "without a token: whoever can connect may do everything (only on loopback)")
    .addHelpText(
      "after",
      examples("machinist run", "machinist run machines more-machines --data /var/lib/machinist"),
    )
    .action(async (directories, { http, httpOpen }) => {
      const { config, flags, surroundings, exitWith } = await begin({
        dropDirectories: directories,
        http,
        httpOpen,
        createsDataDirectory: true,
      });
      // Everything else starts without the weight of a daemon.
      const { runDaemon } = await import("../foreground.ts");
      const { readConfigFile } = await import("../config/config-file.ts");
      const { stdout, stderr, workingDirectory, signals } = surroundings;
      const reread = () => configFrom(configSources(surroundings, flags), readConfigFile);
      const status = await runDaemon(config, { stdout, stderr, workingDirectory, signals, reread });
      exitWith(status);
      // Stopped before it was drained: what is still open would keep the process.
      if (status !== 0) surroundings.endNow(status);
    });
}
