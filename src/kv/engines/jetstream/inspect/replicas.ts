/** Whether buckets in a cluster have a leader, and which of their replicas are behind. */
import type { ClusterInfo, JetStreamManager, PeerInfo, StreamInfo } from "@nats-io/jetstream";
import { messageOf } from "../../../../lib/errors.ts";
import type { StoreFact, WatchedBucket } from "../../../inspection.ts";
import { apiCodeOf, apiCodes, failure } from "../failures.ts";
import { isSilent } from "../silence.ts";
import { streamOf } from "../stream-config.ts";

/** One for each watched bucket that exists. */
export async function watchedFacts(
  jsm: JetStreamManager,
  watched: readonly WatchedBucket[],
): Promise<StoreFact[]> {
  const facts = await Promise.all(
    watched.map(async ({ bucket, watchers }): Promise<StoreFact[]> => {
      const name = `Bucket ${bucket}`;
      const by = `watched by ${watchers.join(", ")}`;
      try {
        return replicaFact(name, (await jsm.streams.info(streamOf(bucket))).cluster, by);
      } catch (error) {
        // Machines may wait for a bucket that is made later.
        if (apiCodeOf(error) === apiCodes.streamNotFound) return [];
        return [{ name, text: `${by}: ${reasonOf(error)}`, isProblem: true }];
      }
    }),
  );
  return facts.flat();
}

/** For each bucket that nobody is known to watch, and that is not as it should be. */
export function otherFacts(
  infos: ReadonlyMap<string, StreamInfo>,
  watched: readonly WatchedBucket[],
): StoreFact[] {
  const known = new Set(watched.map(({ bucket }) => bucket));
  return [...infos]
    .filter(([bucket]) => !known.has(bucket))
    .flatMap(([bucket, info]) => replicaFact(`Bucket ${bucket}`, info.cluster, "not watched by a machine"))
    .filter(({ isProblem }) => isProblem);
}

/** Nothing for a bucket of a server that is in no cluster. */
export function replicaFact(name: string, cluster: ClusterInfo | undefined, by: string): StoreFact[] {
  if (!cluster?.name) return [];
  const { leader, replicas = [] } = cluster;
  if (!leader) return [{ name, text: `${by}: ${noLeader}`, isProblem: true }];
  const late = replicas.filter(isLate);
  if (late.length === 0) {
    const others = replicas.map((replica) => replica.name).join(", ");
    return [{ name, text: `${by}, leader ${leader}${others && `, replicas ${others} up to date`}` }];
  }
  const texts = late.map(({ name: replica, offline, active, lag }) => {
    if (offline) return `replica ${replica} is offline`;
    const seen =
      active === 0 ? `not seen since ${leader} leads` : `last seen ${Math.round(active / 1e9)} s ago`;
    return `replica ${replica} is behind by ${lag ?? 0} entries and was ${seen}`;
  });
  const servers = replicas.length + 1;
  const hasQuorum = servers - late.length > servers / 2;
  const advice = hasQuorum
    ? "check that server"
    : "no quorum, writes fail; more than half of its servers must run";
  return [{ name, text: `${by}, leader ${leader}: ${texts.join(", ")}; ${advice}`, isProblem: true }];
}

/** While a bucket is written its replicas are a few entries behind at any moment. */
function isLate(replica: PeerInfo): boolean {
  const { current, lag = 0 } = replica;
  return isSilent(replica) || (!current && lag > largestLag);
}

const largestLag = 1000;

const noLeader =
  "no leader, reads and writes fail; start the servers that keep it, more than half of them must run";

function reasonOf(error: unknown): string {
  if (apiCodeOf(error) === apiCodes.unavailable) return noLeader;
  return `no leader answers (${messageOf(failure(error, "asking for it"))}); start the servers that keep it`;
}
