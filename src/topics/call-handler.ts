/** Calls one handler with one message: a process of its own for each call, through the command runner. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { type CommandResult, type CommandRunner, describeEnd } from "../exec/command.ts";
import { runUntilEnded } from "../exec/repeat-lost.ts";
import type { Logger } from "../lib/logger.ts";
import type { Subscriber } from "./find.ts";
import type { Message } from "./messages.ts";

const require = createRequire(import.meta.url);

export interface HandlerCall {
  readonly subscriber: Subscriber;
  /** The message's id, and how many calls failed before: a call that a crash cut off is repeated with the same. */
  readonly id: string;
  readonly calls: number;
  readonly message: Message;
}

export interface CallSettings {
  readonly commands: CommandRunner;
  /** The topics' directory; handlers run in the one that holds it. */
  readonly directory: string;
  readonly timeoutMs: number;
  /** What lets a handler reach the store: MACHINIST_DATA and its like. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Logger;
}

/** `undone`: it was stopped with the daemon, and counts as not called. */
export type CallEnd =
  | { readonly how: "done" | "undone" }
  | { readonly how: "failed"; readonly error: string };

/** Never rejects: every failure is an end. */
export async function callHandler(
  settings: CallSettings,
  { subscriber, id, calls, message }: HandlerCall,
  signal: AbortSignal,
): Promise<CallEnd> {
  const { commands, directory, timeoutMs, environment, log } = settings;
  const { name, file, fault } = subscriber;
  if (file === undefined) return { how: "failed", error: fault ?? "there is no handler" };
  const result = await runUntilEnded(
    commands,
    {
      argv: argvFor(file),
      directory: dirname(directory),
      environment: { ...environment, TOPIC: message.topic, SUBSCRIBER: name },
      files: { TOPIC_MESSAGE: JSON.stringify(message.data) },
      timeoutMs,
      disown: false,
      readsStdout: false,
      log: { owner: `@${message.topic}`, part: name },
      runId: `${id}.${name}.${calls}`,
    },
    { signal },
  );
  const output = result.output.trim();
  if (output) log.info("a handler printed", { output });
  return endOf(result);
}

function argvFor(file: string): string[] {
  if (file.endsWith(".py")) return ["python3", "-u", require.resolve("#topics-python"), file];
  return [process.execPath, require.resolve("#topics-node"), file];
}

function endOf({ end, output }: CommandResult): CallEnd {
  if (end.how === "exited" && end.code === 0) return { how: "done" };
  if (end.how === "stopped") return { how: "undone" };
  // What runs the handler says last what went wrong.
  const last = output.trimEnd().split("\n").at(-1)?.trim().slice(0, 500);
  return {
    how: "failed",
    error: end.how === "exited" && end.code === 1 && last ? last : describeEnd(end),
  };
}
