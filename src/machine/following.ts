/** Catches up with the machines that one machine subscribes to. An attempt that fails is repeated: no other event may come. */
import { Backoff } from "../lib/backoff.ts";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { codeOf, messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { Roster } from "./roster.ts";

export interface FollowingOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Takes the transitions that subscribe to what `machine` did since it was last seen. */
  readonly catchUp: (machine: string) => Promise<void>;
}

interface Retry {
  readonly backoff: Backoff;
  cancel: CancelTimer;
}

export class Following {
  readonly #options: FollowingOptions;
  /** Of the machines with which the last attempt failed. */
  readonly #retries = new Map<string, Retry>();
  #machines: readonly string[] = [];
  #isStopped = false;

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  /** Catches up with these machines now and after each of their transitions. @returns the undo */
  begin(roster: Roster, machines: readonly string[]): () => void {
    this.#machines = machines;
    this.catchUpAll();
    const undo = machines.map((machine) => roster.follow(machine, () => this.catchUp(machine)));
    return () => {
      for (const ignore of undo) ignore();
      this.stop();
    };
  }

  catchUpAll(): void {
    for (const machine of this.#machines) this.catchUp(machine);
  }

  /** Begins an attempt; failures are logged once until one succeeds. */
  catchUp(machine: string): void {
    this.#options.catchUp(machine).then(
      () => this.#succeeded(machine),
      (cause: unknown) => this.#failed(machine, cause),
    );
  }

  stop(): void {
    this.#isStopped = true;
    for (const { cancel } of this.#retries.values()) cancel();
    this.#retries.clear();
  }

  #succeeded(machine: string): void {
    this.#retries.get(machine)?.cancel();
    this.#retries.delete(machine);
  }

  #failed(machine: string, cause: unknown): void {
    if (this.#isStopped || codeOf(cause) === "STOPPED") return;
    const { clock, random, log } = this.#options;
    const known = this.#retries.get(machine);
    if (!known) log.error("could not follow another machine", { other: machine, reason: messageOf(cause) });
    known?.cancel();
    const backoff = known?.backoff ?? new Backoff();
    const cancel = clock.after(backoff.next(random()), () => this.catchUp(machine));
    this.#retries.set(machine, { backoff, cancel });
  }
}
