/** A limit in time for work that heeds a signal. */
import type { Clock } from "../../src/lib/clock.ts";

/**
 * @param reason what the work is aborted with when its time is over
 * @returns what the work returns
 * @throws what the work throws
 */
export async function withDeadline<Result>(
  clock: Clock,
  { timeoutMs, reason }: { readonly timeoutMs: number; readonly reason: Error },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort(reason));
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } finally {
    cancel();
  }
}
