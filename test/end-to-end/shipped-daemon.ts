/** The built daemon as a newcomer runs it: a real process in a fresh directory, and a shell in which `npx machinist` works. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import type { MachineRecord } from "../../src/machine/record.ts";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "dist/src/cli/bin.js");

export interface ShellResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory such as a clone, with a daemon in it that can be killed and started again. */
export class ShippedDaemon implements AsyncDisposable {
  readonly directory: string;
  readonly #dropDirectory: string;
  #process: ChildProcess | undefined;
  #log = "";
  #store: Store | undefined;

  /** @param dropDirectory of the project: `machines` or `examples` */
  static async begin(dropDirectory: string): Promise<ShippedDaemon> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "machinist-story-")));
    await symlink(join(root, "examples"), join(directory, "examples"));
    const daemon = new ShippedDaemon(directory, join(root, dropDirectory));
    try {
      await daemon.start();
    } catch (cause) {
      await daemon[Symbol.asyncDispose]();
      throw cause;
    }
    return daemon;
  }

  private constructor(directory: string, dropDirectory: string) {
    this.directory = directory;
    this.#dropDirectory = dropDirectory;
  }

  /** Resolves with the greeting when the machines run. */
  async start(): Promise<string> {
    const child = spawn(process.execPath, [bin, "run", this.#dropDirectory], {
      cwd: this.directory,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    child.stderr.on("data", (chunk: Buffer) => {
      this.#log += chunk;
    });
    let greeting = "";
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
      greeting += chunk;
      if (greeting.includes("Ctrl-C")) return greeting;
    }
    throw new Error(`the daemon did not start:\n${greeting}\n${this.#log}`);
  }

  /** SIGKILL, and nothing else. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ctrl-C. @returns the exit status */
  async stop(): Promise<number | null> {
    return this.#end("SIGINT");
  }

  /** One command line of a story. */
  shell(line: string): Promise<ShellResult> {
    const script = `npx() { shift; '${process.execPath}' '${bin}' "$@"; }\n${line}\n`;
    return new Promise((resolve) => {
      const child = execFile("sh", ["-c", script], { cwd: this.directory }, (_error, stdout, stderr) => {
        resolve({ exitCode: child.exitCode ?? -1, stdout, stderr });
      });
      child.stdin?.end();
    });
  }

  /** Resolves with the first record, the present one or one to come, that the condition holds for. */
  async record(
    machine: string,
    condition: (record: MachineRecord) => boolean,
    signal: AbortSignal,
  ): Promise<MachineRecord> {
    const store = await this.#openStore();
    const bucket = await store.openBucket("machinist-machines");
    let last = "no record";
    for await (const item of bucket.watch(machine, { signal })) {
      if (item.operation !== "PUT") continue;
      last = item.string();
      const record = JSON.parse(last) as MachineRecord;
      if (condition(record)) return record;
    }
    throw new Error(`not reached; last record: ${last}\n${this.#log}`);
  }

  /** Transitions of a machine that are still in the store, oldest first. */
  async transitions(machine: string): Promise<string[]> {
    const { stdout } = await this.shell(`npx machinist history ${machine} --json`);
    const moves = stdout.trim().split("\n");
    const made = moves.map((line) => JSON.parse(line) as { transition: string; revision: number });
    return made.sort((a, b) => a.revision - b.revision).map(({ transition }) => transition);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store?.close();
    await this.#end("SIGKILL");
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }

  async #openStore(): Promise<Store> {
    const options = { clock: systemClock, log: silentLogger };
    const store =
      this.#store ?? (await openStore(`lmdb:${join(this.directory, ".machinist/state")}`, options));
    this.#store = store;
    return store;
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const exited = once(child, "close");
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}

/** The lines of the shell blocks of a document, or of one section of it. */
export function shellLines(markdown: string, section?: string): string[] {
  const start = section === undefined ? 0 : markdown.indexOf(`\n## ${section}\n`);
  if (start === -1) throw new Error(`there is no section ${section}`);
  const end = section === undefined ? -1 : markdown.indexOf("\n## ", start + 1);
  const text = markdown.slice(start, end === -1 ? undefined : end);
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block]) => (block ?? "").trim().split("\n"));
}
