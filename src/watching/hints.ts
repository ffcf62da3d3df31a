/** Follows the hints of one active watcher, and begins anew with backoff when they end or fail. */
import { Backoff } from "../lib/backoff.ts";
import { type Clock, sleep } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { Watcher } from "./watcher.ts";

export interface HintFollower {
  readonly clock: Clock;
  /** In [0, 1): spreads new beginnings. */
  readonly random: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Also called after each new beginning: something may have happened while nobody listened. */
  onHint(): void;
}

/** What is not there yet, a bucket for one, is noticed within about two seconds of its coming. */
const longestMs = 2_000;

/** Resolves when the signal is aborted; never rejects. */
export async function followHints(watcher: Watcher, follower: HintFollower): Promise<void> {
  const { clock, random, signal } = follower;
  const backoff = new Backoff(longestMs);
  while (!signal.aborted) {
    await consume(watcher, follower, backoff);
    await sleep(clock, backoff.next(random()), signal).catch(() => undefined);
    if (!signal.aborted) follower.onHint();
  }
}

async function consume(
  watcher: Watcher,
  { log, signal, onHint }: HintFollower,
  backoff: Backoff,
): Promise<void> {
  try {
    for await (const _ of watcher.hints?.(signal) ?? []) {
      backoff.reset();
      if (signal.aborted) return;
      onHint();
    }
  } catch (cause) {
    if (!signal.aborted) log.debug("hints ended, asking again", { reason: messageOf(cause) });
  }
}
