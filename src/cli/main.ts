/** The command line as a function: argv and surroundings in, exit status out. Nothing here ends the process. */
import { exitStatusOf, MachinistError, messageOf } from "../lib/errors.ts";
import { openFilesFailure } from "../lib/open-files.ts";
import { type BeginInvocation, createInvocation } from "./invocation.ts";
import { ReaderLeft, StdoutGuard } from "./output.ts";
import { createProgram, UsageEnd } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Runs one command line.
 * @param argv the words after the program's name
 * @returns 0 ok · 1 failure · 2 usage or invalid definition · 3 not found · 4 conflict · 5 timeout · 6 unsupported
 */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const guard = new StdoutGuard(surroundings.stdout);
  // What cannot be said on stderr cannot be said at all.
  surroundings.stderr.on("error", () => undefined);
  const manner: Manner = { json: asksForJson(argv), debug: false };
  let status = 0;
  const exitWith = (exit: number): void => {
    status = exit;
  };
  const begin: BeginInvocation = async (extra) => {
    const flags = { ...program.flags(), ...onlyGiven(extra) };
    const invocation = await createInvocation({ surroundings, guard, flags, exitWith });
    manner.json = /^jsonl?$/.test(invocation.config.outputFormat);
    manner.debug = invocation.config.logLevel === "debug";
    return invocation;
  };
  const program = createProgram(begin, surroundings);
  try {
    await program.run(argv);
    await guard.flush();
    return status;
  } catch (thrown) {
    return report(thrown, manner, surroundings);
  }
}

/** Asked before the command line is understood: also what is wrong with it is told as JSON. */
function asksForJson(argv: readonly string[]): boolean {
  const at = argv.findIndex((word) => word === "-o" || word === "--output-format");
  return argv.includes("--json") || (at >= 0 && /^jsonl?$/.test(argv[at + 1] ?? ""));
}

function onlyGiven(extra: object = {}): object {
  return Object.fromEntries(Object.entries(extra).filter(([, value]) => value !== undefined));
}

/** How failures are told. */
interface Manner {
  json: boolean;
  debug: boolean;
}

function report(thrown: unknown, manner: Manner, { stderr }: Surroundings): number {
  if (thrown instanceof ReaderLeft) return 0;
  if (thrown instanceof UsageEnd && isHelp(thrown)) return thrown.reason === "commander.help" ? 2 : 0;
  const error = asMachinistError(thrown);
  if (manner.json) {
    const { code, message, details } = error;
    stderr.write(`${JSON.stringify({ error: { code, message, details } })}\n`);
  } else {
    stderr.write(`machinist: ${error.message}\n${advice(thrown, manner)}`);
  }
  return exitStatusOf(error.code);
}

/** Help and version are on the screen already; help that nobody asked for stands there because a command is missing. */
function isHelp({ reason }: UsageEnd): boolean {
  return ["commander.help", "commander.helpDisplayed", "commander.version"].includes(reason);
}

function asMachinistError(thrown: unknown): MachinistError {
  const tooManyFiles = openFilesFailure(thrown);
  if (tooManyFiles) return tooManyFiles;
  if (thrown instanceof MachinistError) return thrown;
  if (!(thrown instanceof UsageEnd))
    return new MachinistError("FAILED", messageOf(thrown), { cause: thrown });
  return new MachinistError("USAGE", thrown.message.replace(/^error: (command-argument )?/, ""), {
    cause: thrown,
  });
}

function advice(thrown: unknown, manner: Manner): string {
  if (openFilesFailure(thrown)) return "";
  if (thrown instanceof UsageEnd) return `Try \`${thrown.command} --help\`.\n`;
  if (thrown instanceof MachinistError) return "";
  if (manner.debug) return thrown instanceof Error ? `${thrown.stack}\n` : "";
  return "This should not happen; --log-level debug shows where it comes from.\n";
}
