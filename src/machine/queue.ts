/** Jobs of one machine, one after another. A job that waits holds up this machine's queue and nothing else. */
import { MachinistError } from "../lib/errors.ts";

interface Job {
  run(): Promise<void>;
  refuse(reason: Error): void;
}

export class JobQueue {
  readonly #jobs: Job[] = [];
  #pump: Promise<void> | undefined;
  #closed = false;

  /** Jobs waiting or running. */
  get depth(): number {
    return this.#jobs.length;
  }

  /** Runs `work` when all earlier jobs have ended. @throws STOPPED after close */
  add<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      this.#jobs.push({ run: () => work().then(resolve, reject), refuse: reject });
      this.#pump ??= this.#run();
    });
  }

  /** Takes no more jobs, refuses those that wait, and resolves when the running one has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#jobs.splice(1)) job.refuse(stopped());
    await this.#pump;
  }

  async #run(): Promise<void> {
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      await job.run();
      this.#jobs.shift();
    }
    this.#pump = undefined;
  }
}

function stopped(): MachinistError {
  return new MachinistError("STOPPED", "the machine is stopping and takes nothing more");
}
