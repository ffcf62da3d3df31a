/** Jobs of one machine, one after another. A job that waits holds up this machine's queue and nothing else. */
import { MachinistError } from "../lib/errors.ts";

interface Job {
  run(): Promise<void>;
  refuse(reason: Error): void;
  next: Job | undefined;
}

export class JobQueue {
  /** The running job; each knows the next: a list does not grow slower with its length, as the front of an array does. */
  #first: Job | undefined;
  #last: Job | undefined;
  #depth = 0;
  #pump: Promise<void> | undefined;
  #closed = false;

  /** Jobs waiting or running. */
  get depth(): number {
    return this.#depth;
  }

  /** Runs `work` when all earlier jobs have ended. @throws STOPPED after close */
  add<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const job: Job = { run: () => work().then(resolve, reject), refuse: reject, next: undefined };
      if (this.#last) this.#last.next = job;
      else this.#first = job;
      this.#last = job;
      this.#depth += 1;
      this.#pump ??= this.#run();
    });
  }

  /** Takes no more jobs, refuses those that wait, and resolves when the running one has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = this.#first;
    for (let job = running?.next; job; job = job.next) {
      job.refuse(stopped());
      this.#depth -= 1;
    }
    if (running) running.next = undefined;
    this.#last = running;
    await this.#pump;
  }

  async #run(): Promise<void> {
    for (let job = this.#first; job; job = this.#first) {
      await job.run();
      this.#first = job.next;
      this.#depth -= 1;
    }
    this.#last = undefined;
    this.#pump = undefined;
  }
}

function stopped(): MachinistError {
  return new MachinistError("STOPPED", "the machine is stopping and takes nothing more");
}
