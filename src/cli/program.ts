/** The tree of all commands, and how it behaves when a command line is wrong. */
import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { outputFormats } from "../config/output-format.ts";
import type { ConfigFlags } from "../config/sources.ts";
import { logLevels } from "../lib/log-level.ts";
import { packageVersion } from "../lib/package.ts";
import { backupCommand, restoreCommand } from "./backup/backup.ts";
import { compileCommand } from "./compile.ts";
import { completeCommand, completionCommand } from "./completion/completion.ts";
import { configCommand } from "./config/config.ts";
import { contextCommand } from "./context/context.ts";
import { dataCommand } from "./data.ts";
import { doctorCommand } from "./doctor.ts";
import { eventsCommand } from "./events.ts";
import { examples } from "./examples.ts";
import { explainCommand } from "./explain/explain.ts";
import { factsCommand } from "./facts.ts";
import { governorCommand } from "./governor.ts";
import { graphCommand } from "./graph.ts";
import { lockCommand } from "./guarded/lock.ts";
import { initCommand } from "./init.ts";
import type { BeginInvocation } from "./invocation.ts";
import { kvCommand } from "./kv.ts";
import { logsCommand } from "./logs/logs.ts";
import { listCommand } from "./machine/list.ts";
import { pauseCommand, resumeCommand } from "./machine/pause.ts";
import { forgetCommand, resetCommand } from "./machine/reset.ts";
import { runHookCommand } from "./machine/run-hook.ts";
import { waitCommand } from "./machine/wait.ts";
import { historyCommand } from "./machine-history.ts";
import { pluginsCommand } from "./plugins.ts";
import { runCommand } from "./run/run.ts";
import { schemaCommand } from "./schema.ts";
import { showCommand } from "./show.ts";
import { statusCommand } from "./status.ts";
import type { OutputStream } from "./surroundings.ts";
import { tokenCommand } from "./token.ts";
import { topicsCommand } from "./topics.ts";
import { transitionCommand } from "./transition.ts";
import { validateCommand } from "./validate/validate.ts";
import { oneOf } from "./values.ts";

const globalOptions =
  "\nGlobal options, such as --data, --store and -o json|jsonl|yaml|wide|name: see `machinist --help`.\n";

/** A command line that cannot be understood, or that only asked for help. */
export class UsageEnd extends Error {
  /** Commander's word for it: `commander.unknownOption`, `commander.helpDisplayed`… */
  readonly reason: string;
  /** The command that refused: `machinist kv put`. */
  readonly command: string;

  constructor(reason: string, message: string, command: string) {
    super(message);
    this.name = "UsageEnd";
    this.reason = reason;
    this.command = command;
  }
}

export interface Program {
  /** @throws UsageEnd, and whatever a command throws */
  run(argv: readonly string[]): Promise<void>;
  /** The global options, once `run` has understood them. */
  flags(): ConfigFlags;
}

export function createProgram(
  begin: BeginInvocation,
  streams: { readonly stdout: OutputStream; readonly stderr: OutputStream },
): Program {
  const program = new Command("machinist")
    .description("runs autonomous agents: finite state machines written in YAML")
    .version(packageVersion(), "--version", "print the version")
    .option("--data <directory>", "embedded store and control socket (MACHINIST_DATA; default: .machinist)")
    .option(
      "--store <url>",
      "lmdb:DIRECTORY or nats://HOST:PORT (MACHINIST_STORE; default: the one in the data directory)",
    )
    .option(
      "--url <url>",
      "a daemon elsewhere, https://HOST:PORT (MACHINIST_URL; default: the one of the data directory)",
    )
    .option("--token-file <file>", "file with the token for it (MACHINIST_TOKEN_FILE)")
    .option("--context <name>", "a saved context (MACHINIST_CONTEXT; default: the selected one, if any)")
    .option(
      "--config <file>",
      "config file (MACHINIST_CONFIG; default: machinist.yaml beside the data directory)",
    )
    .addOption(
      new Option(
        "-o, --output-format <format>",
        `${outputFormats.join(", ")} (MACHINIST_OUTPUT; default: text)`,
      ).argParser(oneOf(outputFormats)),
    )
    .addOption(new Option("--json", "the same as -o json (MACHINIST_JSON)").conflicts("outputFormat"))
    .addOption(
      new Option(
        "--log-level <level>",
        `${logLevels.join(", ")} (MACHINIST_LOG_LEVEL; default: info)`,
      ).argParser(oneOf(logLevels)),
    )
    .addOption(
      new Option(
        "--log-format <format>",
        "text or json (MACHINIST_LOG_FORMAT; default: text on a terminal)",
      ).argParser(oneOf(["text", "json"])),
    )
    .option("--no-color", "no colour, also not on a terminal (NO_COLOR)")
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      // The caller says what is wrong, in its own words.
      outputError: () => undefined,
      getOutHelpWidth: () => streams.stdout.columns ?? 100,
      getErrHelpWidth: () => streams.stderr.columns ?? 100,
    })
    .addHelpText("after", examples("machinist run", 'machinist kv put DEPLOY release \'{"version":"1.2"}\''));
  const commands = [
    runCommand(begin),
    validateCommand(begin),
    schemaCommand(begin),
    graphCommand(begin),
    compileCommand(begin),
    initCommand(begin),
    listCommand(begin),
    showCommand(begin),
    transitionCommand(begin),
    pauseCommand(begin),
    resumeCommand(begin),
    waitCommand(begin),
    runHookCommand(begin),
    historyCommand(begin),
    logsCommand(begin),
    dataCommand(begin),
    eventsCommand(begin),
    factsCommand(begin),
    statusCommand(begin),
    kvCommand(begin),
    governorCommand(begin),
    lockCommand(begin),
    pluginsCommand(begin),
    tokenCommand(begin),
    topicsCommand(begin),
    resetCommand(begin),
    forgetCommand(begin),
    backupCommand(begin),
    restoreCommand(begin),
    contextCommand(begin),
    doctorCommand(begin),
    completionCommand(begin),
    explainCommand(begin),
    configCommand(begin),
  ];
  for (const command of commands) program.addCommand(command);
  program.addCommand(
    completeCommand(begin, () => program),
    { hidden: true },
  );
  inherit(program, "machinist");
  return {
    flags: () => program.opts(),
    run: async (argv) => {
      await program.parseAsync([...argv], { from: "user" });
    },
  };
}

/** Gives every command below the settings of the one above, and its own name for what it refuses. */
function inherit(command: CommandUnknownOpts, path: string): void {
  if (command.parent) command.addHelpText("after", globalOptions);
  command.exitOverride((error) => {
    throw new UsageEnd(error.code, error.message, path);
  });
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child, `${path} ${child.name()}`);
  }
}
