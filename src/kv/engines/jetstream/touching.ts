/** Renewing the life of a value: read, and written again on the condition that nobody came in between. */
import { codeOf } from "../../../lib/errors.ts";
import { noLiveValue, wrongRevision } from "../../failures.ts";
import type { Entry } from "../../store.ts";
import type { Link } from "./link.ts";
import type { LiveBucket } from "./live-bucket.ts";
import { readEntry } from "./reading.ts";
import { write } from "./writing.ts";

export interface Renewal {
  readonly key: string;
  /** As `givenTtl` gave it. */
  readonly ttlMs: number;
  /** Of the key's newest entry; 0: none; undefined: whatever it is. */
  readonly expected?: number | undefined;
}

/** @returns the revision @throws KEY_NOT_FOUND, WRONG_REVISION, TTL_UNSUPPORTED */
export async function touch(link: Link, bucket: LiveBucket, renewal: Renewal): Promise<number> {
  const { key, ttlMs, expected } = renewal;
  for (;;) {
    const { value, revision } = await liveEntry(link, bucket, renewal);
    try {
      return await write(link, bucket, { key, operation: "PUT", value, expected: revision, ttlMs });
    } catch (error) {
      // Another write came in between: whether there is still a value is to be seen anew.
      if (expected !== undefined || codeOf(error) !== "WRONG_REVISION") throw error;
    }
  }
}

async function liveEntry(link: Link, bucket: LiveBucket, { key, expected }: Renewal): Promise<Entry> {
  const newest = await readEntry(link, bucket, key);
  const revision = newest?.revision ?? 0;
  if (expected !== undefined && expected !== revision) throw wrongRevision(bucket, key, expected, revision);
  if (newest?.operation !== "PUT") throw noLiveValue(bucket, key);
  return newest;
}
