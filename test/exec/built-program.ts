/** Starts a fixture program from the build, as its own process, and waits for the first line it prints. */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const built = join(
  createRequire(import.meta.url).resolve("#command-helper"),
  "..",
  "..",
  "..",
  "test",
  "exec",
  "fixtures",
);

export interface BuiltProgram {
  readonly pid: number;
  readonly firstLine: string;
  readonly exited: Promise<void>;
}

/** It is killed at the end of the test if it still runs. */
export async function startBuilt(name: string, ...args: string[]): Promise<BuiltProgram> {
  const child = spawn(process.execPath, [join(built, `${name}.js`), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const firstLine = await firstLineOf(child);
  return { pid: child.pid ?? 0, firstLine, exited };
}

function firstLineOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", (text: Buffer) => resolve(text.toString().trim()));
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it said anything`)));
  });
}
