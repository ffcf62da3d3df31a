/** The built daemon in a process of its own, as the config of a directory says, with time that moves when told. */
import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import type { ClockMove, LedClock } from "./led-clock.ts";

const program = join(import.meta.dirname, "../dist/test/fixtures/daemon-process.js");

/** What the process is sent; the next one only after its answer. */
export type Order =
  | { readonly what: "start"; readonly directory: string; readonly now: number }
  | { readonly what: "stop" }
  | ClockMove;

/** What it sends: lines of the log, and `done` for each order. */
export type Answer = { readonly line: string } | { readonly done: string | null };

/** A line of the log. */
export interface Logged {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Loading the program is most of a start, so a process may run one daemon after the other. */
export class BuiltDaemon {
  /** Where it answers on TCP. */
  url: string | undefined;
  log: Logged[] = [];
  readonly #child: ChildProcess = fork(program, { env: { PATH: process.env["PATH"] }, execArgv: [] });
  readonly #exited = once(this.#child, "exit");
  readonly #answers = new EventEmitter();
  #obeyed: Promise<unknown> = Promise.resolve();
  #clock: LedClock | undefined;

  constructor() {
    this.#child.on("message", (answer: Answer) => {
      if ("done" in answer) this.#answers.emit("done", answer.done);
      else {
        this.log.push(JSON.parse(answer.line) as Logged);
        this.#answers.emit("line");
      }
    });
  }

  /** @param directory holds `machinist.yaml`. Caller stops or ends it */
  async start(directory: string, clock: LedClock): Promise<void> {
    this.log = [];
    this.url = (await this.#order({ what: "start", directory, now: clock.now() })) ?? undefined;
    this.#clock = clock;
    clock.lead((move) => this.#order(move));
  }

  /** Stops the daemon; another may be started. */
  async stop(): Promise<void> {
    this.#clock?.leave();
    this.#clock = undefined;
    await this.#order({ what: "stop" });
  }

  /** Stops the daemon, and ends the process. */
  async end(): Promise<void> {
    if (this.#clock) await this.stop();
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }

  /** The first line with this message, as soon as it is there. */
  async logged(message: string): Promise<Logged> {
    for (;;) {
      const found = this.log.find(({ msg }) => msg === message);
      if (found) return found;
      await this.#answer("line");
    }
  }

  #order(order: Order): Promise<string | null> {
    const obeyed = this.#obeyed.then(async () => {
      this.#child.send(order);
      const [done] = await this.#answer("done");
      return done as string | null;
    });
    this.#obeyed = obeyed;
    return obeyed;
  }

  /** @throws Error when the process ends instead; it has said why on standard error */
  #answer(name: string): Promise<unknown[]> {
    const ended = this.#exited.then(([status, signal]) => {
      throw new Error(`the daemon's process ended with ${signal ?? `exit status ${status}`}`);
    });
    return Promise.race([once(this.#answers, name), ended]);
  }
}
