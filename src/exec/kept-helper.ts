/** Keeps one helper process going: starts it, starts it again when it dies, ends it. Knows no queue of commands. */
import { Backoff } from "../lib/backoff.ts";
import { type CancelTimer, type Clock, sleep } from "../lib/clock.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { CommandResult } from "./command.ts";
import { HelperProcess } from "./helper-process.ts";
import type { CommandTracking, FromHelper, HelperSettings, ToHelper } from "./protocol.ts";

/** What a helper is started with, each time anew. */
export interface KeptHelperOptions {
  readonly settings: HelperSettings;
  readonly clock: Clock;
  readonly log: Logger;
  /** In [0, 1), spreads restarts. */
  readonly random: () => number;
  readonly listener: KeptHelperListener;
}

/** Who hears of commands, and of the gaps between two processes. */
export interface KeptHelperListener {
  started(id: number, started: { readonly pid: number; readonly run: number }): void;
  ended(id: number, result: CommandResult): void;
  /** The process died: what it was given is lost, and `send` does nothing until `restarted`. */
  died(): void;
  restarted(): void;
}

/** A helper that dies this long after the one before is started again at once. */
const calmMs = 30_000;

/** Starts its process when made. A death before it ever worked is final; a later one is repaired. */
export class KeptHelper {
  /** Resolves when it works or waits for another's end. @throws FAILED when it cannot work */
  readonly begun: Promise<void>;
  readonly #options: KeptHelperOptions;
  readonly #backoff = new Backoff();
  #process: HelperProcess | undefined;
  #settleBegun: (failure?: string) => void = () => undefined;
  #hasBegun = false;
  #tracking: CommandTracking | undefined;
  #lastDeath = Number.NEGATIVE_INFINITY;
  #cancelRestart: CancelTimer = () => undefined;
  #ending = false;

  constructor(options: KeptHelperOptions) {
    this.#options = options;
    this.begun = new Promise((resolve, reject) => {
      this.#settleBegun = (failure) => {
        if (failure === undefined) resolve();
        else reject(new MachinistError("FAILED", `the process that runs commands cannot work: ${failure}`));
      };
    });
    this.#process = this.#start();
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Undefined until a process was ready. */
  get tracking(): CommandTracking | undefined {
    return this.#tracking;
  }

  /** Whether there is a process to send to. */
  get present(): boolean {
    return this.#process !== undefined;
  }

  send(message: ToHelper): void {
    this.#process?.send(message);
  }

  /** Lets the process stop its commands and exit, and kills it when it takes longer than `limitMs`. */
  async end(limitMs: number): Promise<void> {
    this.#ending = true;
    this.#cancelRestart();
    const ending = this.#process;
    if (!ending) return;
    ending.release();
    const inTime = new AbortController();
    const limit = sleep(this.#options.clock, limitMs, inTime.signal).then(
      () => ending.kill(),
      () => undefined,
    );
    await ending.gone;
    inTime.abort();
    await limit;
  }

  #start(): HelperProcess {
    return new HelperProcess(this.#options.settings, {
      message: (message) => this.#receive(message),
      died: (how, trace) => this.#died(how, trace),
    });
  }

  #receive(message: FromHelper): void {
    const { listener, log } = this.#options;
    switch (message.type) {
      case "started":
        listener.started(message.id, message);
        return;
      case "ended":
        listener.ended(message.id, message.result);
        return;
      case "refused":
        log.error("the process that runs commands cannot work", { reason: message.reason });
        this.#settleBegun(message.reason);
        this.#process?.release();
        return;
      case "surviving":
        this.#logSurvivors(message);
        return;
      case "waiting":
        log.info("commands wait until those of an earlier daemon have ended", { holder: message.holder });
        this.#begin();
        return;
      case "ready":
        this.#tracking = message.tracking;
        this.#begin();
    }
  }

  #logSurvivors({ pids, problem }: FromHelper & { type: "surviving" }): void {
    const { log } = this.#options;
    if (problem === null) {
      log.error(
        "cannot kill processes of a stopped command; it is not repeated before they end. Kill them by hand",
        { pids: pids.join(" ") },
      );
    } else {
      log.error(
        "cannot search for processes of a stopped command; it is not repeated before a search succeeds",
        {
          reason: problem,
        },
      );
    }
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#settleBegun();
  }

  #died(how: string, trace: string): void {
    this.#process = undefined;
    this.#options.listener.died();
    if (this.#ending) return;
    if (this.#hasBegun) this.#scheduleRestart(how, trace);
    else this.#settleBegun(`it ended with ${how}`);
  }

  #scheduleRestart(how: string, trace: string): void {
    const { clock, log, random } = this.#options;
    const calm = clock.now() - this.#lastDeath >= calmMs;
    this.#lastDeath = clock.now();
    if (calm) this.#backoff.reset();
    const delayMs = calm ? 0 : this.#backoff.next(random());
    log.error("the process that runs commands died and is started again", { how, delayMs, trace });
    this.#cancelRestart = clock.after(delayMs, () => this.#restart());
  }

  #restart(): void {
    try {
      this.#process = this.#start();
    } catch (error) {
      this.#scheduleRestart(messageOf(error), "");
      return;
    }
    this.#options.listener.restarted();
  }
}
