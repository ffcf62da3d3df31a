/** Changes a bucket that exists: only the settings of its stream that were asked for, whoever made the rest. */
import {
  StoreCompression,
  type StreamConfig,
  type StreamInfo,
  type StreamUpdateConfig,
} from "@nats-io/jetstream";
import { type Edit, editOf } from "../../edit.ts";
import { type BucketConfig, defaultBucketConfig } from "../../store.ts";
import type { Link } from "./link.ts";
import type { LiveBucket } from "./live-bucket.ts";
import type { ServerVersion } from "./server-version.ts";
import { checkSupported, toBucketConfig, toStreamConfig } from "./stream-config.ts";

/** @returns what the stream is now @throws BUCKET_NOT_FOUND, INVALID_CONFIG, UNSUPPORTED */
export function editBucket(
  link: Link,
  bucket: LiveBucket,
  asked: Partial<BucketConfig>,
): Promise<StreamInfo> {
  return bucket.gate.hold(async (before) => {
    await before;
    const found = await bucket.look();
    const edit = editOf(bucket.name, toBucketConfig(bucket.name, found, link.version), asked);
    checkSupported(bucket.name, { ...defaultBucketConfig, ...edit.changed }, link.version);
    if (Object.keys(edit.changed).length === 0) return found;
    try {
      const stream = streamChanges(bucket.name, edit, link.version);
      const info = await link.jsm.streams.update(bucket.stream, stream);
      bucket.learn(info);
      return info;
    } catch (error) {
      throw bucket.failed(error, `changing bucket ${bucket.name}`);
    }
  });
}

/** Which settings of a stream make one of a bucket. */
const fieldsOf: Readonly<Partial<Record<keyof BucketConfig, readonly (keyof StreamConfig)[]>>> = {
  history: ["max_msgs_per_subject"],
  ttlMs: ["max_age", "duplicate_window"],
  markerTtlMs: ["allow_msg_ttl", "subject_delete_marker_ttl"],
  maxValueSize: ["max_msg_size", "metadata"],
  maxBytes: ["max_bytes"],
  description: ["description"],
  metadata: ["metadata"],
  compression: ["compression"],
  replicas: ["num_replicas"],
};

function streamChanges(
  bucket: string,
  { config, changed }: Edit,
  server: ServerVersion,
): Partial<StreamUpdateConfig> {
  const whole = new Map(Object.entries({ ...cleared(server), ...toStreamConfig(bucket, config, server) }));
  const wanted = Object.entries(fieldsOf).filter(([field]) => Object.hasOwn(changed, field));
  const fields = wanted.flatMap(([, names]) => names.map((name) => [name, whole.get(name)] as const));
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** What a new stream leaves out must be said to one that had it; an older server knows no such setting. */
function cleared(server: ServerVersion): Partial<StreamConfig> {
  const newer = { metadata: {}, compression: StoreCompression.None };
  return { description: "", ...(server.isAtLeast("2.10.0") ? newer : {}) };
}
