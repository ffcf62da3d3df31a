/** A watch that goes on: when it fails, because a server is away, it begins again. */
import type { Bucket, Entry } from "../kv/store.ts";
import { Backoff } from "../lib/backoff.ts";
import { type Clock, sleep } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Logger } from "../lib/logger.ts";

export interface KeptWatch {
  readonly filter: string;
  /** The newest entry of every key first, and again after each failure; entries come one at a time. */
  /** Before each beginning. */
  readonly onBegin?: () => Promise<void>;
  readonly onEntry: (entry: Entry) => Promise<void> | void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Resolves when the signal is aborted. Never rejects. */
export async function keepWatching(
  bucket: Bucket,
  { filter, onBegin, onEntry, signal, clock, log }: KeptWatch,
): Promise<void> {
  await keepTrying({ what: `bucket ${bucket.name}`, signal, clock, log }, async (worked) => {
    await onBegin?.();
    for await (const item of bucket.watch(filter, { signal })) {
      if (item.operation === "READY") worked();
      else await onEntry(item);
    }
  });
}

export interface Attempts {
  /** For the log. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Does it until it ends well or the signal is aborted, with growing waits after failures. Never rejects. */
export async function keepTrying(
  { what, signal, clock, log }: Attempts,
  attempt: (worked: () => void) => Promise<void>,
): Promise<void> {
  const backoff = new Backoff();
  while (!signal.aborted) {
    try {
      await attempt(() => backoff.reset());
      return;
    } catch (cause) {
      if (signal.aborted) return;
      log.warn("topics have to wait", { what, reason: messageOf(cause) });
      await sleep(clock, backoff.next(0.5), signal).catch(() => undefined);
    }
  }
}
