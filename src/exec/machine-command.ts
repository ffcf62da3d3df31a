/** A command that a watcher runs for its machine: in the machine's directory, told who runs it and what the machine knows. */
import { mkdir } from "node:fs/promises";
import type { Template, TemplateScope } from "../lib/template.ts";
import type { CommandResult, CommandRunner } from "./command.ts";
import { runUntilEnded } from "./repeat-lost.ts";

/** For whom it runs: the context of a watcher is one. */
export interface CommandOwner {
  readonly machine: {
    readonly name: string;
    readonly instance: string;
    readonly directory: string;
    readonly workDirectory: string;
  };
  readonly watcher: string;
  readonly commands: CommandRunner;
}

export interface MachineCommand {
  /** Split before its templates are filled in. */
  readonly words: readonly Template[];
  /** For the templates, and for the files of WATCHER_DATA and WATCHER_FACTS. */
  readonly scope: TemplateScope;
  /** Variables besides those that every command gets; they win. */
  readonly environment?: Readonly<Record<string, string>>;
  /** 0 = never. */
  readonly timeoutMs: number;
  /** Default: no. */
  readonly disown?: boolean;
  readonly look: CommandLook;
  /** Keeps standard output apart for the result's `stdout`. Default: no. */
  readonly readsStdout?: boolean;
}

/** The look that a command runs for: a watcher's look is one. `visit` and `runs` together identify the run. */
export interface CommandLook {
  /** Transitions that the machine had made when the look began. */
  readonly visit: number;
  /** Runs that its watcher had completed then. */
  readonly runs: number;
  /** Once aborted, a command that was lost is not repeated. */
  readonly leaving: AbortSignal;
}

/**
 * Runs it; a run whose helper process died is repeated at once, under the same id. Every failure of the command is an end.
 * @throws TEMPLATE, and when the machine's work directory cannot be made
 */
export async function runMachineCommand(
  owner: CommandOwner,
  command: MachineCommand,
  signal: AbortSignal,
): Promise<CommandResult> {
  const { machine, watcher, commands } = owner;
  const { words, scope, environment, timeoutMs, disown = false, readsStdout = false, look } = command;
  const request = {
    argv: words.map((word) => word.render(scope)),
    directory: machine.directory,
    environment: { ...variablesFor(owner), ...environment },
    files: { WATCHER_DATA: JSON.stringify(scope.data), WATCHER_FACTS: JSON.stringify(scope.facts) },
    timeoutMs,
    disown,
    readsStdout,
    log: { owner: machine.name, part: watcher },
    runId: `${machine.instance}.${watcher}.${look.visit}.${look.runs}`,
  };
  await mkdir(machine.workDirectory, { recursive: true, mode: 0o700 });
  return runUntilEnded(commands, request, { signal, mayRepeat: () => !look.leaving.aborted });
}

function variablesFor({ machine, watcher, commands }: CommandOwner): Record<string, string> {
  const path = commands.baseEnvironment["PATH"];
  return {
    MACHINE_NAME: machine.name,
    MACHINE_WATCHER_NAME: watcher,
    MACHINE_WORK_DIR: machine.workDirectory,
    PATH: path ? `${path}:${machine.directory}` : machine.directory,
  };
}
