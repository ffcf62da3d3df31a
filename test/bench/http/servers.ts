/** The servers under load, each a process of its own: the daemon as it is shipped, and the bare one. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
  /** Resident memory now, in bytes. */
  memory(): Promise<number>;
  /** Processor time taken since it began, in ms. */
  processorMs(): Promise<number>;
}

/** @param lines of its config under `http`, besides where it listens */
export async function startDaemonProcess(
  directory: string,
  {
    machines = {},
    http = "",
  }: { readonly machines?: Readonly<Record<string, string>>; readonly http?: string },
): Promise<ServerProcess> {
  await mkdir(join(directory, "machines"), { recursive: true });
  for (const [name, text] of Object.entries(machines))
    await writeFile(join(directory, "machines", name), text);
  // The client is one address, and asks more than any limit in earnest would let it.
  const config = `log_level: error\nhttp:\n  listen: 127.0.0.1:0\n  rate: 1000000000\n${http || "  open: true\n"}`;
  await writeFile(join(directory, "machinist.yaml"), config);
  return started(fileURLToPath(new URL("../../../src/cli/bin.js", import.meta.url)), ["run"], directory);
}

export async function startBareProcess(directory: string): Promise<ServerProcess> {
  await mkdir(directory, { recursive: true });
  return started(fileURLToPath(new URL("./bare-process.js", import.meta.url)), [directory], directory);
}

async function started(script: string, args: readonly string[], directory: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: directory,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await portIn(child.stdout);
  const { pid = 0 } = child;
  return {
    port,
    memory: async () =>
      Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024,
    processorMs: async () => {
      const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
      // User and system time, in ticks of 10 ms.
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    [Symbol.asyncDispose]: () => ended(child),
  };
}

/** Both servers say where they listen; what else they say is read and dropped. */
async function portIn(output: Readable): Promise<number> {
  const lines = createInterface({ input: output });
  for await (const line of lines) {
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    output.resume();
    return Number(port);
  }
  throw new Error("a server of the bench ended before it listened");
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
