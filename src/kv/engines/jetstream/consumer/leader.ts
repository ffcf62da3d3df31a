/** What the leader of a bucket's stream has: other replicas may lag behind it, and a consumer lives on any of them. */
import { apiCodeOf, apiCodes } from "../failures.ts";
import type { Link } from "../link.ts";
import type { LiveBucket } from "../live-bucket.ts";

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
