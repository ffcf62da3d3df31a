/** Runs the built program as a process of its own, as a user does. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

/** The built program. */
export const bin = resolve(import.meta.dirname, "../../dist/src/cli/bin.js");

export interface ProgramOptions {
  readonly directory: string;
  readonly stdin?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts it; the caller waits for it or stops it. */
export function startProgram(
  { directory, environment }: ProgramOptions,
  argv: readonly string[],
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [bin, ...argv], {
    cwd: directory,
    env: { PATH: process.env["PATH"] ?? "", ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

export async function runProgram(options: ProgramOptions, ...argv: readonly string[]) {
  const child = startProgram(options, argv);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.end(options.stdin ?? "");
  const [status] = await once(child, "close");
  const bytes = Buffer.concat(stdout);
  return { status, bytes, stdout: bytes.toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8") };
}
