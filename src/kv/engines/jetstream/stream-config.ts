/** A bucket's configuration as that of its stream, and back. Knows what each version of the server can. */
import {
  DiscardPolicy,
  StorageType,
  StoreCompression,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { millis, nanos } from "nats";
import { MachinistError } from "../../../lib/errors.ts";
import { type BucketConfig, defaultBucketConfig } from "../../store.ts";
import { ttlsSince } from "./message-ttl.ts";
import type { ServerVersion } from "./server-version.ts";
import { subjectOf } from "./subjects.ts";
import { checkTopology, toStreamTopology, toTopology } from "./topology.ts";

/** JetStream counts headers against the largest message; those of this engine fit into so many bytes. */
const headerRoom = 1024;
/** Where the exact limit for values is kept. */
const exactLimit = "machinist.max_value_size";
const longestDuplicateWindowMs = 120_000;

export function streamOf(bucket: string): string {
  return `KV_${bucket}`;
}

/** The name of the bucket that the stream is; undefined when it is none. */
export function bucketOf(info: StreamInfo): string | undefined {
  const { config } = info;
  const name = /^KV_(.+)$/.exec(config.name)?.[1];
  if (name === undefined) return undefined;
  const isBucket =
    config.mirror?.name.startsWith("KV_") ||
    config.subjects?.includes(subjectOf(name, ">")) ||
    isReadOnly(info);
  return isBucket ? name : undefined;
}

/** A read-only aggregate (ADR-8): it has only what its sources give it, because it has no subjects of its own. */
export function isReadOnly({ config: { subjects = [], mirror, sources = [] } }: StreamInfo): boolean {
  return !mirror && subjects.length === 0 && sources.length > 0;
}

/** What a server cannot do is refused, never left out. @throws UNSUPPORTED */
export function checkSupported(bucket: string, config: BucketConfig, server: ServerVersion): void {
  checkTopology(bucket, config, server);
  if (config.markerTtlMs > 0) server.require(ttlsSince, "markerTtlMs");
  // The server would leave out the rest.
  if (config.markerTtlMs % 1000 !== 0) {
    throw new MachinistError(
      "UNSUPPORTED",
      `markerTtlMs is ${config.markerTtlMs}, NATS counts whole seconds: take a multiple of 1000`,
    );
  }
  // Older servers evict other keys, store without it, or let several conditional writes win.
  if (config.maxBytes !== -1) server.require("2.10.0", "maxBytes");
  if (config.compression) server.require("2.10.0", "compression");
  if (Object.keys(config.metadata).length > 0) server.require("2.10.0", "metadata");
  if (config.replicas > 1) server.require("2.10.0", "replicas above 1");
}

export function toStreamConfig(
  bucket: string,
  config: BucketConfig,
  server: ServerVersion,
): Partial<StreamConfig> & { name: string } {
  const { maxValueSize, ttlMs, markerTtlMs, maxBytes } = config;
  const hasMetadata = server.isAtLeast("2.10.0");
  const metadata = {
    ...config.metadata,
    ...(maxValueSize === -1 ? {} : { [exactLimit]: String(maxValueSize) }),
  };
  return {
    name: streamOf(bucket),
    ...(config.mirror ? {} : { subjects: [subjectOf(bucket, ">")] }),
    ...toStreamTopology(bucket, config),
    ...(config.description === "" ? {} : { description: config.description }),
    max_msgs_per_subject: config.history,
    max_age: nanos(ttlMs),
    ...(markerTtlMs > 0 ? { allow_msg_ttl: true, subject_delete_marker_ttl: nanos(markerTtlMs) } : {}),
    duplicate_window: nanos(ttlMs > 0 ? Math.min(ttlMs, longestDuplicateWindowMs) : longestDuplicateWindowMs),
    max_msg_size: maxValueSize === -1 ? -1 : maxValueSize + headerRoom,
    max_bytes: maxBytes,
    num_replicas: config.replicas,
    storage: config.storage === "memory" ? StorageType.Memory : StorageType.File,
    ...(config.compression ? { compression: StoreCompression.S2 } : {}),
    ...(hasMetadata && Object.keys(metadata).length > 0 ? { metadata } : {}),
    discard: DiscardPolicy.New,
    allow_rollup_hdrs: true,
    allow_direct: true,
    deny_delete: true,
  };
}

/** @throws UNSUPPORTED for a bucket that this engine cannot read */
export function toBucketConfig(bucket: string, info: StreamInfo, server: ServerVersion): BucketConfig {
  const { config } = info;
  if (bucketOf(info) !== bucket) {
    throw new MachinistError(
      "UNSUPPORTED",
      `bucket ${bucket} is no bucket: its stream ${config.name} does not have the subject ${subjectOf(bucket, ">")}`,
    );
  }
  const { [exactLimit]: _, ...metadata } = config.metadata ?? {};
  return {
    history: config.max_msgs_per_subject,
    ttlMs: millis(config.max_age ?? 0),
    markerTtlMs: config.allow_msg_ttl ? millis(config.subject_delete_marker_ttl ?? 0) : 0,
    maxValueSize: valueLimitOf(config, server),
    maxBytes: config.max_bytes > 0 ? config.max_bytes : -1,
    description: config.description ?? defaultBucketConfig.description,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !name.startsWith("_nats"))),
    storage: config.storage === StorageType.Memory ? "memory" : "file",
    compression: config.compression === StoreCompression.S2,
    replicas: config.num_replicas,
    ...toTopology(info),
  };
}

function valueLimitOf(config: StreamConfig, server: ServerVersion): number {
  const { max_msg_size: largest = -1 } = config;
  if (largest <= 0) return -1;
  // Another tool that changes the stream's limit leaves ours behind in the metadata.
  const exact = Number(config.metadata?.[exactLimit]);
  if (exact > 0 && exact + headerRoom === largest) return exact;
  // Without the exact limit the bucket is another client's, but older servers never keep it.
  return server.isAtLeast("2.10.0") ? largest : Math.max(1, largest - headerRoom);
}
