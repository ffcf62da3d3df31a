/** The built daemon as a child process, for tests that end it in every way. */
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runningProcesses } from "../../../src/exec/process-table.ts";

const program = fileURLToPath(new URL("../../../dist/src/cli/bin.js", pathOfDistOrSource()));

/** The same file from test/ and from dist/test/. */
function pathOfDistOrSource(): string {
  return import.meta.url.replace("/dist/test/", "/test/");
}

export interface DaemonProcess {
  readonly pid: number;
  /** ms since 1970. */
  readonly startedAt: number;
  /** Everything it wrote to stderr so far. */
  readonly log: () => string;
  /** Resolves when the log holds this text; rejects when the daemon ends before. */
  logged(text: string): Promise<void>;
  /** Resolves when the log grows; rejects when the daemon ends before. */
  grew(): Promise<void>;
  /** Resolves with what it greets with: its machines run. Rejects when it ends before. */
  readonly greeted: Promise<string>;
  /** What signs a browser in: the content of the file that the greeting names. */
  signInLink(): Promise<URL>;
  /** Exit status or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  kill(signal: NodeJS.Signals): void;
}

/** The process that runs the commands of a daemon; undefined while there is none. */
export function helperOf(daemon: number): number | undefined {
  const children = runningProcesses().filter(({ parent }) => parent === daemon);
  return children.find(({ pid }) => commandLineOf(pid).includes("/exec/helper.js"))?.pid;
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

/** Runs `machinist run DROP --data DATA`; caller ends it. */
export function startDaemonProcess(options: {
  readonly dropDirectory: string;
  readonly dataDirectory: string;
  readonly workingDirectory: string;
  readonly flags?: readonly string[];
  /** The limit on open files; default: that of this process. */
  readonly openFiles?: number;
}): DaemonProcess {
  const { dropDirectory, dataDirectory, workingDirectory, flags = [], openFiles } = options;
  const argv = [program, "run", dropDirectory, "--data", dataDirectory, "--log-format", "json", ...flags];
  const limited = ["-c", `ulimit -n ${openFiles}; exec "$@"`, "sh", process.execPath, ...argv];
  const words: [string, string[]] = openFiles === undefined ? [process.execPath, argv] : ["sh", limited];
  const startedAt = Date.now();
  const child: ChildProcess = spawn(...words, {
    cwd: workingDirectory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid === undefined) throw new Error("the daemon could not be started");
  let log = "";
  const grew = new EventEmitter();
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
    grew.emit("more");
  });
  const ended = once(child, "exit").then(
    ([code, signal]) => (signal ?? code) as number | NodeJS.Signals | null,
  );
  const greeted = new Promise<string>((resolve, reject) => {
    let greeting = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      greeting += text;
      if (greeting.includes("Stop with Ctrl-C")) resolve(greeting);
    });
    void ended.then((how) => reject(new Error(`the daemon ended (${how}) before it greeted:\n${log}`)));
  });
  // A daemon that is killed on purpose never greets; whoever waits for it still sees the rejection.
  greeted.catch(() => undefined);
  const logged = async (text: string): Promise<void> => {
    const end = ended.then((how) => {
      if (!log.includes(text)) throw new Error(`the daemon ended (${how}) without logging ${text}:\n${log}`);
    });
    while (!log.includes(text)) await Promise.race([once(grew, "more"), end]);
  };
  const grown = async (): Promise<void> => {
    const end = ended.then((how) => {
      throw new Error(`the daemon ended (${how}):\n${log}`);
    });
    end.catch(() => undefined);
    await Promise.race([once(grew, "more"), end]);
  };
  return {
    pid: child.pid,
    startedAt,
    grew: grown,
    logged,
    log: () => log,
    greeted,
    signInLink: async () => {
      const [, file = ""] = /sign in with is in the file (\S+)/.exec(await greeted) ?? [];
      return new URL((await readFile(file, "utf8")).trim());
    },
    ended,
    kill: (signal) => void child.kill(signal),
  };
}
