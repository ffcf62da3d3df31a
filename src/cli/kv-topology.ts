/** Settings of a bucket that only NATS has, as options say them and as its page shows them. */
import type { BucketConfig, BucketOrigin, BucketStatus, OriginStatus } from "../kv/store.ts";
import { formatDuration } from "../lib/duration.ts";
import { MachinistError } from "../lib/errors.ts";

export interface TopologyOptions {
  readonly cluster?: string | undefined;
  readonly tags?: string[] | undefined;
  readonly republishDestination?: string | undefined;
  readonly republishSource?: string | undefined;
  readonly republishHeaders?: true | undefined;
  readonly mirror?: string | undefined;
  readonly mirrorDomain?: string | undefined;
  readonly source?: string[] | undefined;
}

/** @throws USAGE for an option that needs another */
export function topologyOf(options: TopologyOptions): Partial<BucketConfig> {
  const { cluster, tags, mirror, mirrorDomain: domain, source } = options;
  if (domain !== undefined && mirror === undefined) throw needs("--mirror-domain", "--mirror");
  return {
    ...((cluster ?? tags) && { placement: { ...(cluster && { cluster }), ...(tags && { tags }) } }),
    ...republishOf(options),
    ...(mirror && { mirror: { bucket: mirror, ...(domain && { domain }) } }),
    ...(source && { sources: source.map(originIn) }),
  };
}

type Fields = readonly (readonly [string, string])[];

/** Labels and values. */
export function topologyFields(status: BucketStatus): Fields {
  return [...placementFields(status), ...copyFields(status), ...clusterFields(status)];
}

function placementFields({ placement, republish }: BucketStatus): Fields {
  const label = republish?.headersOnly ? "Republishing Headers" : "Republishing";
  return [
    ...(placement?.cluster ? [["Placement Cluster", placement.cluster] as const] : []),
    ...(placement?.tags ? [["Placement Tags", placement.tags.join(", ")] as const] : []),
    ...(republish ? [[label, `${republish.source ?? ">"} to ${republish.destination}`] as const] : []),
  ];
}

function copyFields({ mirror, origins = [] }: BucketStatus): Fields {
  return origins.map((origin) => [mirror ? "Mirror of" : "Source", originText(origin)]);
}

function clusterFields({ cluster }: BucketStatus): Fields {
  if (!cluster) return [];
  const replicas = cluster.replicas.map(
    ({ name, current, lag }) => ["Replica", current ? name : `${name}, behind by ${lag}`] as const,
  );
  return [["Cluster", cluster.name], ["Leader", cluster.leader ?? "none now"], ...replicas];
}

function republishOf(options: TopologyOptions): Partial<BucketConfig> {
  const {
    republishDestination: destination,
    republishSource: source,
    republishHeaders: headersOnly,
  } = options;
  if (destination !== undefined)
    return { republish: { destination, ...(source && { source }), ...(headersOnly && { headersOnly }) } };
  if (source !== undefined) throw needs("--republish-source", "--republish-destination");
  if (headersOnly) throw needs("--republish-headers", "--republish-destination");
  return {};
}

function originIn(text: string): BucketOrigin {
  const [bucket = "", domain] = text.split("@");
  return { bucket, ...(domain === undefined ? {} : { domain }) };
}

function originText({ bucket, domain, lag, lastSeenMs }: OriginStatus): string {
  const where = domain === undefined ? bucket : `${bucket} in domain ${domain}`;
  const seen = lastSeenMs === null ? "never seen" : `seen ${formatDuration(lastSeenMs)} ago`;
  return `${where}, ${lag} behind, ${seen}`;
}

function needs(option: string, other: string): MachinistError {
  return new MachinistError("USAGE", `${option} goes with ${other}: name that too`);
}
