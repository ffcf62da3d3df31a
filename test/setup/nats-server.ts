/** The nats-servers of the tests: which there are, and one that runs. */
import { execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, watch } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The oldest that machinist takes, as Debian 12 has it, and a current one. */
export const kinds = ["old", "current"] as const;
export type Kind = (typeof kinds)[number];

/** Here the setup script puts what the host does not have. */
export const cache = fileURLToPath(
  new URL(
    import.meta.url.includes("/dist/")
      ? "../../../node_modules/.cache/nats-server/"
      : "../../node_modules/.cache/nats-server/",
    import.meta.url,
  ),
);

export const suits: Readonly<
  Record<Kind, { suite: string; variable: string; fits: (version: number) => boolean }>
> = {
  old: { suite: "bookworm", variable: "NATS_SERVER_OLD", fits: (version) => version === 2.009 },
  current: { suite: "sid", variable: "NATS_SERVER", fits: (version) => version >= 2.011 },
};

/** Path of a program, found where the environment, the host or the cache has it. */
export function findServer(kind: Kind): string | undefined {
  const { variable, fits } = suits[kind];
  const named = process.env[variable];
  if (named) return named;
  const onPath = (process.env.PATH ?? "").split(":").map((directory) => join(directory, "nats-server"));
  const places = [...onPath, "/usr/sbin/nats-server", join(cache, kind, "usr/sbin/nats-server")];
  return places.find((place) => existsSync(place) && fits(versionOf(place)));
}

export function versionTextOf(program: string): string {
  return /v(\d+\.\d+\.\d+)/.exec(execFileSync(program, ["--version"], { encoding: "utf8" }))?.[1] ?? "0.0.0";
}

/** 2.9 is 2.009, so that versions compare as numbers. */
function versionOf(program: string): number {
  const [major = 0, minor = 0] = versionTextOf(program).split(".").map(Number);
  return major + minor / 1000;
}

/** Characters of a server's log that are kept. */
const longestLog = 100_000;

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly version: string;
  /** Ends it at once, and starts it again on the same port and data, with the same flags or others. */
  restart(flags?: readonly string[]): Promise<void>;
  /** Ends it at once, until it is restarted. */
  stop(): Promise<void>;
  /** SIGSTOP: it accepts connections and answers nothing. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
}

/** @throws naming what to install when there is no such server */
export async function startServer(kind: Kind, extra: readonly string[] = ["-js"]): Promise<RunningServer> {
  const program = findServer(kind);
  if (!program)
    throw new Error(
      `there is no ${kind} nats-server: run \`node dist/test/setup/main.js\`, it says what to do`,
    );
  const directory = await mkdtemp(join(tmpdir(), "machinist-nats-"));
  let running = await run(program, directory, "-1", extra);
  const { url } = running;
  return {
    url,
    version: versionTextOf(program),
    async restart(flags = extra) {
      await running.kill();
      running = await run(program, directory, new URL(url).port, flags);
    },
    stop: () => running.kill(),
    pause: () => running.pause(),
    resume: () => running.resume(),
    async [Symbol.asyncDispose]() {
      await running.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface ServerProcess {
  readonly url: string;
  /** Ends it at once with SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP; resolves when every thread has stopped: until then it may still answer. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
  /** Resolves with what matches in its log, also what is there already. Rejects when the process ends before. */
  logged(pattern: RegExp): Promise<string>;
}

/** @param port "-1": any free one @throws with the end of its log when it does not start */
export async function run(
  program: string,
  directory: string,
  port: string,
  extra: readonly string[],
): Promise<ServerProcess> {
  const data = join(directory, "data");
  const ports = await mkdtemp(join(directory, "ports-"));
  const flags = ["-sd", data, "-a", "127.0.0.1", "-p", port, "--ports_file_dir", ports, ...extra];
  const child = spawn(program, flags, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const grew = new EventEmitter();
  grew.setMaxListeners(0);
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-longestLog);
    grew.emit("more");
  });
  const gone = once(child, "exit");
  const failed = gone.then(([status]) => {
    throw new Error(`${program} ended with status ${status}: ${said.slice(-4000)}`);
  });
  failed.catch(() => undefined);
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await gone;
  };
  const logged = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const match = pattern.exec(said);
      if (match) return match[0];
      await Promise.race([once(grew, "more"), failed]);
    }
  };
  const url = await Promise.race([urlIn(ports), failed]);
  const pause = async (): Promise<void> => {
    child.kill("SIGSTOP");
    while (!(await isStopped(child.pid ?? 0))) await new Promise(setImmediate);
  };
  return { kill, url, logged, pause, resume: () => void child.kill("SIGCONT") };
}

/** All its threads. */
async function isStopped(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, "utf8"));
  return (await Promise.all(states)).every((stat) => / T /.test(stat.slice(stat.lastIndexOf(")"))));
}

/** Waits for the file in which the server says where it listens. */
async function urlIn(directory: string): Promise<string> {
  const changes = watch(directory);
  try {
    for (;;) {
      const changed = once(changes, "change");
      const [name] = (await readdir(directory)).filter((one) => one.endsWith(".ports"));
      const text = name ? await readFile(join(directory, name), "utf8") : "";
      // Written in one piece or not yet at all.
      if (text.trimEnd().endsWith("}")) return JSON.parse(text).nats[0];
      await changed;
    }
  } finally {
    changes.close();
  }
}
