/** What the leader of a bucket's stream has: other replicas may lag behind it, and a consumer lives on any of them. */
import { apiCodeOf, apiCodes, refusalIn } from "./failures.ts";
import type { Link } from "./link.ts";
import type { LiveBucket } from "./live-bucket.ts";

/** @returns the revision of the last entry that matches one of the filters; 0: there is none */
export async function lastAtLeader(
  link: Link,
  bucket: LiveBucket,
  filters: readonly string[],
): Promise<number> {
  const revisions = filters.map(async (filter) => {
    try {
      const query = { last_by_subj: bucket.subjects.of(filter) };
      return (await link.jsm.streams.getMessage(bucket.stream, query))?.seq ?? 0;
    } catch (error) {
      if (apiCodeOf(error) === apiCodes.noMessage) return 0;
      throw bucket.failed(error, `watching bucket ${bucket.name}`);
    }
  });
  return Math.max(0, ...(await Promise.all(revisions)));
}

/** False when the consumer is gone, or the node on which it lives. */
export async function isConsumerLed(link: Link, bucket: LiveBucket, name: string): Promise<boolean> {
  try {
    const { cluster } = await link.jsm.consumers.info(bucket.stream, name);
    return cluster === undefined || Boolean(cluster.leader);
  } catch (error) {
    // A user who may not ask learns nothing; else nobody answers for it, or it is gone.
    return refusalIn(error) !== undefined;
  }
}
