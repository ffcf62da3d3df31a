/** The daemon's hold on one helper process: starts it, speaks the protocol, notices its death. Knows no queue. */
import { type ChildProcess, fork } from "node:child_process";
import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { MachinistError, messageOf } from "../lib/errors.ts";
import { type FromHelper, type HelperSettings, isFromHelper, type ToHelper } from "./protocol.ts";

/** Who is told. Both are called from the event loop, never from within a call. */
export interface HelperListener {
  message(message: FromHelper): void;
  /** It is gone; called once. `trace` is the end of what it wrote to standard error. */
  died(how: string, trace: string): void;
}

const traceLimit = 4_096;

/** One process, from its fork to its end; never used again after that. */
export class HelperProcess {
  readonly #child: ChildProcess;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  #trace = "";

  /** @throws FAILED when the helper program is not there: the project is not built */
  constructor(settings: HelperSettings, listener: HelperListener) {
    this.#child = fork(programPath(), [], {
      env: {},
      execArgv: [],
      // Its own session: a Ctrl-C in the terminal is for the daemon to act on.
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#trace = (this.#trace + text).slice(-traceLimit);
    });
    this.#child.on("message", (message) => {
      if (isFromHelper(message)) listener.message(message);
      else throw new Error("the helper process sent a message that the daemon does not know");
    });
    this.gone = this.#follow(listener);
    this.send({ type: "configure", settings });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToHelper): void {
    // A failed write means that it is dying, which is told by its end.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Lets go of it: it stops its commands, all but the disowned ones, and exits. */
  release(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async #follow(listener: HelperListener): Promise<void> {
    const child = this.#child;
    const how = new Promise<string>((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? `exit status ${code}`));
      child.on("error", (error) => {
        if (child.pid === undefined) resolve(messageOf(error));
      });
    });
    // Its last messages and words may arrive after its exit: only all three together are the end.
    const silent =
      child.pid === undefined ? [] : [happened(child, "disconnect"), happened(child.stderr, "close")];
    await Promise.all([how, ...silent]);
    listener.died(await how, this.#trace);
  }
}

/** Unlike `once` of node:events, it takes no `error` for the end. */
function happened(source: EventEmitter | null, name: string): Promise<void> {
  return new Promise((resolve) => {
    if (source) source.once(name, () => resolve());
    else resolve();
  });
}

function programPath(): string {
  try {
    return createRequire(import.meta.url).resolve("#command-helper");
  } catch (error) {
    throw new MachinistError("FAILED", "the program that runs commands is not built: npm run build", {
      cause: error,
    });
  }
}
