/** The status of a bucket, as people and as programs see it. */
import type { BucketStatus } from "../kv/store.ts";
import { importStartOf } from "../kv/transfer/importing.ts";
import { formatDuration } from "../lib/duration.ts";
import { formatSize } from "../lib/size.ts";
import { topologyFields } from "./kv-topology.ts";
import type { Output } from "./output.ts";
import { page } from "./table.ts";

/** Prints the page of a bucket, or the whole status as JSON. */
export async function printBucket(output: Output, status: BucketStatus): Promise<void> {
  if (output.json) await output.document(status);
  else await output.line(page(output, `${status.bucket} Key-Value Store Status`, fieldsOf(status)));
}

/** Before all else, because nothing that follows is what the bucket was meant to be. */
function importField(status: BucketStatus): [string, string][] {
  const start = importStartOf(status);
  return start === undefined ? [] : [["Import", `incomplete, started ${start}`]];
}

function fieldsOf(status: BucketStatus): (readonly [string, string])[] {
  const fields: [string, string][] = [
    ["Bucket Name", status.bucket],
    ...importField(status),
    ...(status.isReadOnly ? [["Read-Only", "it has only what its sources have"] as [string, string]] : []),
    ["History Kept", String(status.history)],
    ["Values Stored", String(status.values)],
    ["Compressed", String(status.compression)],
    ["Backing Store Kind", status.backingStore],
    ["Bucket Size", formatSize(status.bytes)],
    ["Maximum Bucket Size", formatSize(status.maxBytes)],
    ["Maximum Value Size", formatSize(status.maxValueSize)],
    ["Maximum Age", status.ttlMs === 0 ? "unlimited" : formatDuration(status.ttlMs)],
  ];
  if (status.markerTtlMs > 0) fields.push(["Limit Marker TTL", formatDuration(status.markerTtlMs)]);
  if (status.backingStore === "JetStream") fields.push(["JetStream Stream", `KV_${status.bucket}`]);
  fields.push(["Storage", status.storage === "file" ? "File" : "Memory"]);
  if (status.replicas > 1) fields.push(["Replicas", String(status.replicas)]);
  if (status.description && importStartOf(status) === undefined)
    fields.push(["Description", status.description]);
  for (const [name, value] of Object.entries(status.metadata)) fields.push([`Metadata ${name}`, value]);
  return [...fields, ...topologyFields(status)];
}
