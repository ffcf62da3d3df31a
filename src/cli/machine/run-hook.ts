/** `machinist run-hook`: the command of one watcher, as the daemon would run it, for its author. The machine takes no notice. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { formatDuration } from "../../lib/duration.ts";
import { MachinistError } from "../../lib/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { askMachine } from "../ask-machine.ts";
import { examples } from "../examples.ts";
import { runChild } from "../guarded/child.ts";
import type { BeginInvocation, Invocation } from "../invocation.ts";
import { object, text } from "../machine-answer.ts";
import { oneLine } from "../table.ts";

export function runHookCommand(begin: BeginInvocation) {
  return new Command("run-hook")
    .description("run the command of a watcher here, in its exact environment; the machine takes no notice")
    .argument("<name>", "the machine")
    .argument("<watcher>", "one that runs a command")
    .option("--dry-run", "print directory, environment and command instead")
    .addHelpText(
      "after",
      examples("machinist run-hook deploy build --dry-run", "machinist run-hook deploy build"),
    )
    .action(async (name, watcher, { dryRun = false }) => {
      const invocation = await begin();
      const answer = await askMachine(invocation, name, { below: ["watchers", watcher, "command"] });
      const hook = object(answer);
      if (!dryRun) return run(invocation, hook);
      if (invocation.output.json) await invocation.output.document(answer);
      else await print(invocation, hook);
    });
}

async function print({ output }: Invocation, hook: JsonObject): Promise<void> {
  await output.line(`cd ${quoted(text(hook["directory"]))}`);
  for (const [name, value] of textsIn(hook["environment"])) await output.line(`${name}=${quoted(value)}`);
  for (const [name, content] of textsIn(hook["files"]))
    await output.line(`${name}= # the path of a file with ${Buffer.byteLength(content)} bytes`);
  await output.line(wordsIn(hook["argv"]).map(quoted).join(" "));
}

async function run(invocation: Invocation, hook: JsonObject): Promise<void> {
  const { surroundings, config, exitWith } = invocation;
  const timeoutMs = Number(hook["timeoutMs"]);
  const late = new AbortController();
  const cancel = timeoutMs > 0 ? surroundings.clock.after(timeoutMs, () => late.abort()) : undefined;
  const directory = await mkdtemp(join(tmpdir(), "machinist-hook-"));
  try {
    const files = await Promise.all(
      textsIn(hook["files"]).map(async ([name, content]) => {
        const file = join(directory, name);
        await writeFile(file, content, { mode: 0o600 });
        return [name, file] as const;
      }),
    );
    const environment = Object.fromEntries([...textsIn(hook["environment"]), ...files]);
    const status = await runChild(surroundings, wordsIn(hook["argv"]), {
      directory: text(hook["directory"]),
      environment,
      stop: late.signal,
      graceMs: config.exec.stopGraceMs,
    });
    if (late.signal.aborted)
      throw new MachinistError(
        "TIMEOUT",
        `the command was stopped after ${formatDuration(timeoutMs)}, its timeout`,
      );
    exitWith(status);
  } finally {
    cancel?.();
    await rm(directory, { recursive: true });
  }
}

function textsIn(value: Json | undefined): (readonly [string, string])[] {
  return isJsonObject(value) ? Object.entries(value).map(([name, one]) => [name, text(one)] as const) : [];
}

function wordsIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

/** As a shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${oneLine(word).replaceAll("'", "'\\''")}'`;
}
