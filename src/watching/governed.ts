/** Work that only so many do at a time: takes a slot of a governor around it. For every watcher type with the property `governor`. */
import type { WatcherContext } from "./watcher.ts";

export interface Governance {
  /** Its templates filled in. */
  readonly governor: string;
  /** How long to wait for a slot. */
  readonly timeoutMs: number;
  /** Of the look: who waits in a line that the watcher has left begins nothing. */
  readonly leaving: AbortSignal;
}

/**
 * Waits for a slot, works, and gives the slot back when the work has ended, however long that takes.
 * @param signal ends both the wait and, as far as it heeds it, the work
 * @param work its signal is also aborted when the slot is lost, with a LEASE_LOST error as the reason
 * @returns undefined when the watcher turned inactive or its machine stopped before the work began
 * @throws what `Governors.enter` throws, and what the work throws
 */
export async function governed<Result>(
  { governors, machine, watcher }: WatcherContext,
  { governor, timeoutMs, leaving }: Governance,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  const waiting = AbortSignal.any([signal, leaving]);
  try {
    const request = { governor, machine: machine.name, watcher, timeoutMs };
    await using slot = await governors.enter(request, waiting);
    // It may have come together with the end of the wait.
    if (waiting.aborted) return undefined;
    return await work(AbortSignal.any([signal, slot.lost]));
  } catch (cause) {
    if (waiting.aborted && cause === waiting.reason) return undefined;
    throw cause;
  }
}
