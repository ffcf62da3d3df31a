/** What a stream's information says about its bucket. */
import type { StreamInfo } from "@nats-io/jetstream";
import type { BucketStatus } from "../../store.ts";
import type { ServerVersion } from "./server-version.ts";
import { isReadOnly, toBucketConfig } from "./stream-config.ts";
import { topologyStatus } from "./topology.ts";

/** @throws UNSUPPORTED for a stream that is no bucket of ours */
export function statusOf(bucket: string, info: StreamInfo, server: ServerVersion): BucketStatus {
  const { messages, bytes, last_seq } = info.state;
  return {
    ...toBucketConfig(bucket, info, server),
    bucket,
    values: messages,
    bytes,
    revision: last_seq,
    created: new Date(info.created),
    backingStore: "JetStream",
    ...topologyStatus(info),
    ...(isReadOnly(info) && { isReadOnly: true }),
  };
}
