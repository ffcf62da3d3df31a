/** Verbs that go over many keys. */
import { MachinistError } from "../../../lib/errors.ts";
import type { Entry, Progress } from "../../store.ts";
import type { Link } from "./link.ts";
import type { LiveBucket } from "./live-bucket.ts";

/** So many requests are on their way at a time. */
const atOnce = 256;

/** Marks every key that is live, in the order of keys. @returns the last marker's revision, 0 when there was none */
export async function deleteMatching(
  newest: readonly Entry[],
  mark: (key: string) => Promise<number>,
): Promise<number> {
  let last = 0;
  const live = newest.flatMap(({ key, operation }) => (operation === "PUT" ? [key] : []));
  // What is sent in the same turn keeps its order.
  await forEach(live.sort(), async (key) => {
    last = Math.max(last, await mark(key));
  });
  return last;
}

/** Removes what was written before the call, and nothing that is written after it. */
export async function emptyBucket(link: Link, bucket: LiveBucket): Promise<void> {
  checkSweepable(bucket);
  const upTo = await bucket.gate.hold(async (before) => {
    await before;
    await bucket.caughtUp();
    return (await bucket.look()).state.last_seq;
  });
  await purge(link, bucket, { seq: upTo + 1 });
}

/** Drops keys whose marker is old enough, and what is before the other markers. A key that lives again meanwhile stays. */
export async function dropMarkers(
  link: Link,
  bucket: LiveBucket,
  newest: readonly Entry[],
  { olderThanMs, progress }: { olderThanMs: number; progress?: Progress | undefined },
): Promise<void> {
  const youngest = link.clock.now() - olderThanMs;
  const markers = newest.filter(({ operation }) => operation !== "PUT");
  let done = 0;
  await forEach(markers, async ({ key, revision, created }) => {
    const isOld = olderThanMs === 0 || created.getTime() < youngest;
    // With a history of one there is nothing before a marker.
    if (isOld || bucket.config.history > 1)
      await purge(link, bucket, { filter: bucket.subjects.of(key), seq: isOld ? revision + 1 : revision });
    progress?.(++done, markers.length);
  });
}

/** @throws UNSUPPORTED of a mirror, which has what its origin has, and of a read-only bucket */
export function checkSweepable(bucket: LiveBucket): void {
  const { name, config } = bucket;
  const { mirror } = config;
  bucket.checkWritable();
  if (!mirror) return;
  throw new MachinistError(
    "UNSUPPORTED",
    `bucket ${name} copies bucket ${mirror.bucket} of JetStream domain ${mirror.domain}: remove its entries there`,
  );
}

/** @param what everything below the sequence `seq` */
async function purge(link: Link, bucket: LiveBucket, what: { filter?: string; seq: number }): Promise<void> {
  try {
    await link.jsm.streams.purge(bucket.stream, what);
  } catch (error) {
    throw bucket.failed(error, `removing entries of bucket ${bucket.name}`);
  }
}

/** Several at a time, all of them before it fails. */
async function forEach<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += atOnce) await Promise.all(all.slice(at, at + atOnce).map(work));
}
