/** Time as an argument: the only file that names the timers of Node, so that tests never wait. */

/** Cancels a timer; harmless when it has fired or was cancelled before. */
export type CancelTimer = () => void;

export interface Clock {
  /** Milliseconds since 1970, as Date.now(). */
  now(): number;
  /** Milliseconds of a clock that nobody sets, from an arbitrary beginning: for differences. */
  monotonic(): number;
  /**
   * Calls `callback` once after `delayMs` (negative counts as 0; longer than 24.8 days is fine).
   * `background` timers do not keep the process alive.
   */
  after(delayMs: number, callback: () => void, options?: { background?: boolean }): CancelTimer;
}

/** The longest delay that setTimeout takes without overflow. */
const longestDelayMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback, options) {
    let timer: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      const stepMs = Math.min(Math.max(remainingMs, 0), longestDelayMs);
      timer = setTimeout(() => {
        if (remainingMs > longestDelayMs) arm(remainingMs - longestDelayMs);
        else callback();
      }, stepMs);
      if (options?.background) timer.unref();
    };
    arm(delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
