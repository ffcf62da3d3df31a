/** Buckets, the keys of one, and one of those: `#/kv`, `#/kv/BUCKET`, `#/kv/BUCKET/KEY`. */
import { html } from "../html.js";
import { KvBucket } from "./kv-bucket.js";
import { KvBuckets } from "./kv-buckets.js";

/** @param {{ rest: readonly string[], query: Readonly<Record<string, string>> }} properties */
export function KvView({ rest: [bucket, ...key], query }) {
  if (bucket === undefined) return html`<${KvBuckets} />`;
  // A link that somebody wrote by hand may have the slashes of a key as they are.
  return html`<${KvBucket} key=${bucket} name=${bucket} chosen=${key.length > 0 ? key.join("/") : undefined} query=${query} />`;
}
