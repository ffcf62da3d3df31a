/** The daemon in the foreground: greets, obeys signals, ends with an exit status. */
import { EventEmitter, once } from "node:events";
import { relative } from "node:path";
import type { Config } from "./config/config.ts";
import { type Daemon, type DaemonOptions, startDaemon } from "./daemon.ts";
import { messageOf } from "./lib/errors.ts";
import { createLogger, type Logger } from "./lib/logger.ts";
import { placeSignInLink, type SignInPlace } from "./sign-in-link.ts";

export interface Foreground {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
  readonly workingDirectory: string;
  readonly signals: {
    on(signal: DaemonSignal, listener: () => void): unknown;
    off(signal: DaemonSignal, listener: () => void): unknown;
  };
  /** Reads the config anew, for SIGHUP. @throws INVALID_CONFIG */
  readonly reread: () => Config;
  /** For tests: clock, randomness, more watcher types. */
  readonly options?: Omit<DaemonOptions, "log">;
}

type DaemonSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Exit status when a second signal cut the drain short. */
const impatient = 1;

/**
 * Runs until SIGINT or SIGTERM: then machines drain and it resolves with 0; at a second signal at once with 1, and whoever
 * called must end the process. SIGHUP rereads the config and starts all anew with it; a config that is not valid changes nothing.
 * @throws what startDaemon throws
 */
export async function runDaemon(config: Config, foreground: Foreground): Promise<number> {
  // Before anything is opened: a signal at any moment after this ends in a clean stop.
  const requests = listen(foreground.signals);
  try {
    let running = await begin(config, foreground);
    let reload = Promise.resolve();
    requests.onReload = () => {
      reload = reload.then(async () => {
        if (!requests.isStopping) running = await reloaded(running, foreground);
      });
    };
    await requests.asked;
    running.log.info("stopping; running commands may finish; a second signal ends at once");
    const stopped = reload.then(() => running.daemon.stop()).then(() => 0);
    return await Promise.race([stopped, requests.insisted.then(() => impatient)]);
  } finally {
    requests.close();
  }
}

interface SignalRequests {
  /** The first request to stop, and the second. */
  readonly asked: Promise<unknown>;
  readonly insisted: Promise<unknown>;
  readonly isStopping: boolean;
  /** Ignored until set: what is being started has read its config just now. */
  onReload: () => void;
  close(): void;
}

function listen(signals: Foreground["signals"]): SignalRequests {
  const stops = new EventEmitter();
  let count = 0;
  const onStop = (): void => {
    count += 1;
    stops.emit(String(count));
  };
  const onReload = (): void => requests.onReload();
  const requests: SignalRequests = {
    asked: once(stops, "1"),
    insisted: once(stops, "2"),
    get isStopping() {
      return count > 0;
    },
    onReload: () => undefined,
    close() {
      signals.off("SIGINT", onStop);
      signals.off("SIGTERM", onStop);
      signals.off("SIGHUP", onReload);
    },
  };
  signals.on("SIGINT", onStop);
  signals.on("SIGTERM", onStop);
  signals.on("SIGHUP", onReload);
  return requests;
}

interface Running {
  readonly daemon: Daemon;
  readonly config: Config;
  readonly log: Logger;
}

async function begin(config: Config, foreground: Foreground): Promise<Running> {
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    colour: config.colour.stderr,
    destination: foreground.stderr,
  });
  const daemon = await startDaemon(config, { ...foreground.options, log });
  const { stdout, workingDirectory } = foreground;
  const isTerminal = stdout.isTTY === true;
  const { dataDirectory } = config;
  const signIn = await placeSignInLink({ link: daemon.signInUrl, dataDirectory, isTerminal });
  stdout.write(config.json ? signInLine(signIn) : greeting(config, { daemon, signIn, workingDirectory }));
  return { daemon, config, log };
}

async function reloaded(running: Running, foreground: Foreground): Promise<Running> {
  let config: Config;
  try {
    config = foreground.reread();
  } catch (cause) {
    running.log.error("the config is not valid; nothing changes", { reason: messageOf(cause) });
    return running;
  }
  running.log.info("config read again; starting anew with it");
  await running.daemon.stop();
  try {
    return await begin(config, foreground);
  } catch (cause) {
    running.log.error("could not start with the new config; going on with the old one", {
      reason: messageOf(cause),
    });
    return begin(running.config, foreground);
  }
}

function signInLine(place: SignInPlace | undefined): string {
  if (place === undefined) return "";
  const said = "link" in place ? { signIn: place.link } : { signInFile: place.file };
  return `${JSON.stringify(said)}\n`;
}

interface Greeted {
  readonly daemon: Daemon;
  readonly signIn: SignInPlace | undefined;
  readonly workingDirectory: string;
}

function greeting(config: Config, { daemon, signIn, workingDirectory }: Greeted): string {
  const near = (path: string): string => {
    const short = relative(workingDirectory, path);
    return short === "" || short.startsWith("..") ? path : short;
  };
  const { slots } = daemon.supervisor;
  const width = Math.max(...slots.map(({ name }) => name.length), 0);
  const lines = slots.map(({ name, machine, file }) => {
    const state = machine?.state ?? "does not run: `machinist validate` tells why";
    return `  ${name.padEnd(width)}  ${state}  (${near(file)})`;
  });
  const from = config.dropDirectories.map(near).join(", ");
  const data = near(config.dataDirectory);
  const flag = data === ".machinist" ? "" : ` --data ${data}`;
  const first = slots.find(({ machine }) => machine !== undefined);
  const next = first ? `npx machinist show ${first.name}${flag}` : `npx machinist init hello${flag}`;
  return [
    `machinist runs ${slots.length} machine${slots.length === 1 ? "" : "s"} of ${from} (pid ${process.pid}, data in ${data})`,
    ...lines,
    ...whereOnHttp(daemon, signIn),
    `Try in a second terminal:  ${next}`,
    "Stop with Ctrl-C.",
    "",
  ].join("\n");
}

function whereOnHttp({ url }: Daemon, signIn: SignInPlace | undefined): readonly string[] {
  if (signIn && "link" in signIn) return [`Open in a browser:  ${signIn.link}`];
  if (signIn) return [`HTTP on ${url}; the link to sign in with is in the file ${signIn.file}`];
  return url === undefined ? [] : [`HTTP on ${url}`];
}
