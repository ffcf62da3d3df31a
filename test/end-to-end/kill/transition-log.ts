/** Every committed transition of `worker`, followed through its record's bucket by another process than the daemon. */
import type { Bucket } from "../../../src/kv/store.ts";
import type { MachineRecord } from "../../../src/machine/record.ts";
import type { DaemonProcess } from "./daemon-process.ts";

export interface SeenTransition {
  /** Counts from 1. */
  readonly number: number;
  readonly transition: string;
  /** Of the order that the machine had then. */
  readonly revision: number;
}

export class TransitionLog {
  readonly seen: SeenTransition[] = [];
  readonly #watch;
  readonly #following: Promise<void>;
  #waiting: (() => void)[] = [];

  constructor(records: Bucket) {
    this.#watch = records.watch("worker", { includeHistory: true });
    this.#following = this.#follow();
  }

  get count(): number {
    return this.seen.at(-1)?.number ?? 0;
  }

  /** Resolves when so many transitions were committed. Rejects when the daemon ends before. */
  async reached(count: number, daemon: DaemonProcess): Promise<void> {
    const ended = daemon.ended.then((how) => {
      if (this.count < count)
        throw new Error(`the daemon ended (${how}) at ${this.count} of ${count}:\n${daemon.log()}`);
    });
    ended.catch(() => undefined);
    while (this.count < count) await Promise.race([this.#next(), ended]);
  }

  async stop(): Promise<void> {
    this.#watch.stop();
    await this.#following;
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #follow(): Promise<void> {
    for await (const item of this.#watch) {
      if (item.operation !== "PUT") continue;
      const { transitions: number, last, data } = item.json() as unknown as MachineRecord;
      const { revision } = (data["order"] ?? { revision: 0 }) as { revision: number };
      if (last && number !== this.count) this.seen.push({ number, transition: last.transition, revision });
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }
}
