/** What every test of commands needs: a fresh data directory, a runner on it, lifelines; all gone afterwards. */
import { mkdtempSync, readdirSync, realpathSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CommandRequest, CommandResult } from "../../src/exec/command.ts";
import {
  type CommandRunnerOptions,
  type HelperRunner,
  startCommandRunner,
} from "../../src/exec/helper-runner.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { Lifelines } from "./lifelines.ts";

export const baseEnvironment = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/nonexistent",
  USER: "tester",
  LANG: "C.UTF-8",
  TZ: "UTC",
};

export function freshDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "machinist-exec-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function freshLifelines(directory: string): Promise<Lifelines> {
  const lifelines = await Lifelines.open(directory);
  onTestFinished(() => lifelines.close());
  return lifelines;
}

export async function startRunner(
  directory: string,
  options: Partial<CommandRunnerOptions> = {},
): Promise<HelperRunner> {
  const runner = await startCommandRunner({
    directory,
    baseEnvironment,
    clock: systemClock,
    log: silentLogger,
    stopGraceMs: 300,
    random: () => 0,
    ...options,
  });
  onTestFinished(() => runner.stop({ drainMs: 0 }));
  return runner;
}

export function request(argv: readonly string[], changes: Partial<CommandRequest> = {}): CommandRequest {
  return {
    argv,
    directory: "/",
    environment: {},
    files: {},
    timeoutMs: 0,
    disown: false,
    runId: "run-1",
    log: { owner: "m", part: "w" },
    readsStdout: true,
    ...changes,
  };
}

export function shell(script: string, changes: Partial<CommandRequest> = {}): CommandRequest {
  return request(["/bin/sh", "-c", script], changes);
}

export async function run(runner: HelperRunner, wanted: CommandRequest): Promise<CommandResult> {
  return await runner.run(wanted, new AbortController().signal);
}

/** The run directories of commands that have not ended, by the data directory's own account. */
export function runDirectories(directory: string): string[] {
  const root = join(directory, "commands");
  return readdirSync(root).flatMap((helper) =>
    readdirSync(join(root, helper)).map((id) => join(root, helper, id)),
  );
}

/** Resolves when so many commands have not ended. */
export function runDirectoriesBecome(directory: string, count: number): Promise<void> {
  const root = join(directory, "commands");
  return new Promise((resolve) => {
    const watchers = readdirSync(root).map((helper) => watch(join(root, helper), check));
    function check(): void {
      if (runDirectories(directory).length !== count) return;
      for (const watcher of watchers) watcher.close();
      resolve();
    }
    check();
  });
}
