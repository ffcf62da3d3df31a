/** Taking one of several keys that only one may have each: at once, or when one becomes free. Pushed, never polled. */
import { randomUUID } from "node:crypto";
import { Backoff } from "../../lib/backoff.ts";
import { type Clock, sleep } from "../../lib/clock.ts";
import { codeOf } from "../../lib/errors.ts";
import type { Bucket, Entry } from "../store.ts";
import { HeldLease } from "./lease.ts";
import { type LeaseRecord, recordIn } from "./lease-record.ts";
import { LeaseView } from "./lease-view.ts";
import type { LeaseWrites } from "./lease-writes.ts";

export interface ClaimOptions {
  readonly bucket: Bucket;
  readonly writes: LeaseWrites;
  readonly clock: Clock;
  readonly owner: string;
  readonly ttlMs: number;
  /** What to watch. */
  readonly filters: readonly string[];
  /** Which keys may be taken now, of those that the watch has shown. */
  readonly open: (view: LeaseView) => readonly string[];
  readonly signal: AbortSignal;
}

/** Of many who wait for a key most see that another was faster before they try. */
const spreadMs = 20;
const longestRetryMs = 5000;

/** Repeats `work` while the store does not answer, with growing waits. @throws the signal's reason, and all but TIMEOUT */
export async function untilAnswered<T>(
  clock: Clock,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const backoff = new Backoff(longestRetryMs);
  for (;;) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) !== "TIMEOUT") throw error;
      await sleep(clock, backoff.next(Math.random()), signal);
    }
  }
}

/** Takes the key, when it is free now. */
export async function tryTake(key: string, options: ClaimOptions): Promise<HeldLease | undefined> {
  return attempt(key, options, ({ writes }, record) => writes.take(key, record));
}

/** Waits until it has one of the keys. @throws the signal's reason, BUCKET_NOT_FOUND, STORE_CLOSED */
export async function claim(options: ClaimOptions): Promise<HeldLease> {
  const { bucket, clock, signal, filters } = options;
  signal.throwIfAborted();
  await using watch = bucket.watch(filters, { signal });
  const view = new LeaseView(clock, watch);
  for (;;) {
    // While the connection is away the watch goes on where it was.
    const lease = await untilAnswered(clock, signal, async () =>
      attemptOn(await nextCandidate(view, options), view, options),
    );
    if (lease) return lease;
  }
}

interface Candidate {
  readonly key: string;
  /** Of a holder that has not been seen for the whole of its ttl. */
  readonly stale?: number | undefined;
}

async function nextCandidate(view: LeaseView, options: ClaimOptions): Promise<Candidate> {
  const { clock, signal } = options;
  let waited = false;
  for (;;) {
    await view.current(signal);
    const found = candidateIn(view, options);
    if (found && !waited) return found;
    // Seen again after a moment, in which another may have been faster.
    if (found) await sleep(clock, Math.random() * spreadMs, signal);
    else await view.change(signal);
    waited = !found;
  }
}

function candidateIn(view: LeaseView, { open }: ClaimOptions): Candidate | undefined {
  const keys = open(view);
  const free = keys.filter((key) => !view.holderOf(key));
  const key = free[Math.floor(Math.random() * free.length)];
  if (key !== undefined) return { key };
  const stale = keys.find((one) => view.isStale(one));
  return stale === undefined ? undefined : { key: stale, stale: view.holderOf(stale)?.revision };
}

async function attemptOn(
  { key, stale }: Candidate,
  view: LeaseView,
  options: ClaimOptions,
): Promise<HeldLease | undefined> {
  const lease = await attempt(key, options, ({ writes }, record) =>
    stale === undefined ? writes.take(key, record) : writes.takeOver(key, record, stale),
  );
  // The watch tells of it too, but later; and not at all when a key has ended silently.
  if (!lease) view.observe(key, await options.bucket.get(key));
  return lease;
}

/** @returns undefined when another was faster */
async function attempt(
  key: string,
  options: ClaimOptions,
  write: (options: ClaimOptions, record: LeaseRecord) => Promise<number>,
): Promise<HeldLease | undefined> {
  const { bucket, writes, clock, owner, ttlMs } = options;
  const record: LeaseRecord = { id: randomUUID(), owner, ttlMs, since: clock.now() };
  const sentAt = clock.monotonic();
  const held = (revision: number) => new HeldLease({ bucket, writes, clock, key, record, revision, sentAt });
  try {
    return held(await write(options, record));
  } catch (error) {
    const code = codeOf(error);
    if (code === "KEY_EXISTS" || code === "WRONG_REVISION") return undefined;
    if (code !== "TIMEOUT") throw error;
    // Written or not? Only the store knows.
    const entry = await bucket.get(key);
    if (!isBy(record, entry)) throw error;
    return held(entry.revision);
  }
}

function isBy(record: LeaseRecord, entry: Entry | null): entry is Entry {
  return entry !== null && recordIn(entry)?.id === record.id;
}
