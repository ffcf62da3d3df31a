/** Those who wait until a mirror has seen a revision. */
import type { Clock } from "../../lib/clock.ts";

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** What to reject with when the time is over. */
  readonly late: () => Error;
}

interface Waiter {
  readonly revision: number;
  readonly end: (error?: Error) => void;
}

export class Waiters {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** @throws what `late` says, or the signal's reason */
  add(revision: number, { signal, timeoutMs, late }: WaitOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => waiter.end(signal?.reason as Error);
      const cancel = this.#clock.after(timeoutMs, () => waiter.end(late()));
      const waiter: Waiter = {
        revision,
        end: (error) => {
          cancel();
          signal?.removeEventListener("abort", abort);
          this.#waiters.delete(waiter);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) abort();
    });
  }

  reached(revision: number): void {
    for (const waiter of [...this.#waiters]) if (waiter.revision <= revision) waiter.end();
  }

  fail(error: Error): void {
    for (const waiter of [...this.#waiters]) waiter.end(error);
  }
}
