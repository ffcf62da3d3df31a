/** Where a bucket is kept, what it copies and where it is published again: settings that only NATS has. */
import type { ClusterInfo, Placement, Republish, StreamInfo, StreamSourceInfo } from "@nats-io/jetstream";
import { MachinistError } from "../../../lib/errors.ts";
import type { BucketCluster, BucketConfig, BucketStatus, OriginStatus } from "../../store.ts";
import type { ServerVersion } from "./server-version.ts";
import { originOf, streamSourceOf } from "./subjects.ts";

type Topology = Pick<BucketConfig, "placement" | "republish" | "mirror" | "sources">;

/** @throws UNSUPPORTED */
export function checkTopology(bucket: string, config: BucketConfig, server: ServerVersion): void {
  const { mirror, sources, markerTtlMs } = config;
  if (sources) server.require("2.10.0", "sources");
  if (mirror && mirror.domain === undefined)
    throw unsupported(
      `bucket ${bucket} cannot mirror ${mirror.bucket} of its own JetStream domain, where keys have the same subjects: ` +
        "name the other domain, or use sources",
    );
  if (mirror && sources)
    throw unsupported(`bucket ${bucket} has a mirror and sources: NATS takes only one of them`);
  if (mirror && markerTtlMs > 0)
    throw unsupported(
      `bucket ${bucket} is a mirror: it gets its markers from ${mirror.bucket}, leave out markerTtlMs`,
    );
}

/** The part of a stream's configuration. A mirror has no subjects of its own. */
export function toStreamTopology(bucket: string, { placement, republish, mirror, sources }: Topology) {
  return {
    ...(placement && { placement: placementTo(placement) }),
    ...(republish && { republish: republishTo(republish) }),
    ...(mirror && { mirror: streamSourceOf(mirror), mirror_direct: true }),
    ...(sources && { sources: sources.map((source) => streamSourceOf(source, bucket)) }),
  };
}

export function toTopology({ config }: StreamInfo): Topology {
  const { placement, republish, mirror, sources = [] } = config;
  return {
    ...(placement && { placement: placementFrom(placement) }),
    ...(republish && { republish: republishFrom(republish) }),
    ...(mirror && { mirror: originOf(mirror) }),
    ...(sources.length > 0 && { sources: sources.map(originOf) }),
  };
}

/** The part of a bucket's status. */
export function topologyStatus({
  mirror,
  sources = [],
  cluster,
}: StreamInfo): Pick<BucketStatus, "origins" | "cluster"> {
  const origins = mirror ? [mirror] : sources;
  return {
    ...(origins.length > 0 && { origins: origins.map(originStatus) }),
    ...(cluster?.name && { cluster: clusterStatus(cluster) }),
  };
}

function originStatus(info: StreamSourceInfo): OriginStatus {
  const { lag, active } = info;
  return { ...originOf(info), lag, lastSeenMs: active < 0 ? null : Math.round(active / 1_000_000) };
}

function clusterStatus({ name = "", leader, replicas = [] }: ClusterInfo): BucketCluster {
  const others = replicas.map((peer) => ({ name: peer.name, current: peer.current, lag: peer.lag ?? 0 }));
  return { name, leader: leader || undefined, replicas: others };
}

function placementTo({ cluster = "", tags = [] }: NonNullable<Topology["placement"]>): Placement {
  return { cluster, tags: [...tags] };
}

function placementFrom({ cluster, tags }: Placement): NonNullable<Topology["placement"]> {
  return { ...(cluster && { cluster }), ...(tags && tags.length > 0 && { tags }) };
}

function republishTo({
  source = ">",
  destination,
  headersOnly,
}: NonNullable<Topology["republish"]>): Republish {
  return { src: source, dest: destination, ...(headersOnly && { headers_only: true }) };
}

function republishFrom({ src, dest, headers_only }: Republish): NonNullable<Topology["republish"]> {
  return {
    ...(src && src !== ">" && { source: src }),
    destination: dest,
    ...(headers_only && { headersOnly: true }),
  };
}

function unsupported(message: string): MachinistError {
  return new MachinistError("UNSUPPORTED", message);
}
