/** What a bucket has now: single entries from the leader, keys and history by a consumer that ends. */
import type { MsgRequest } from "@nats-io/jetstream";
import { entryWith, type StoredEntry } from "../../entry.ts";
import type { Entry, ReadOptions } from "../../store.ts";
import { apiCodeOf, apiCodes } from "./failures.ts";
import type { Link } from "./link.ts";
import type { LiveBucket } from "./live-bucket.ts";
import { entryOfStored } from "./messages.ts";
import type { ServerFilter } from "./server-filter.ts";
import { StreamWatch, type StreamWatchOptions } from "./stream-watch.ts";

/** The newest entry of a key, or the one with a revision. */
export async function readEntry(
  link: Link,
  bucket: LiveBucket,
  key: string,
  { revision, stale = false }: ReadOptions = {},
): Promise<StoredEntry | null> {
  await bucket.verify();
  const subject = bucket.subjects.of(key);
  const query: MsgRequest = revision === undefined ? { last_by_subj: subject } : { seq: revision };
  try {
    await link.ready();
    const message = await (stale && bucket.allowsDirect
      ? link.jsm.direct.getMessage(bucket.stream, query)
      : // Other replicas than the leader may lag behind a write.
        link.jsm.streams.getMessage(bucket.stream, query));
    return message?.subject === subject ? entryOfStored(bucket, message) : null;
  } catch (error) {
    if (apiCodeOf(error) === apiCodes.noMessage) return null;
    throw bucket.failed(error, `reading key ${key} of bucket ${bucket.name}`);
  }
}

/** In order of revision. */
export async function* readEntries(
  link: Link,
  bucket: LiveBucket,
  filter: ServerFilter,
  options: Pick<StreamWatchOptions, "includeHistory" | "metaOnly" | "ended">,
  begun: (watch: StreamWatch) => void,
): AsyncGenerator<Entry> {
  const watch = new StreamWatch(link, bucket, filter, { ...options, readOnly: true });
  begun(watch);
  try {
    for await (const item of watch) {
      if (item.operation === "READY") return;
      yield item;
    }
  } finally {
    watch.stop();
  }
}

/** With the number of entries to come, where the server does not know it. */
export async function* counted(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  const all: Entry[] = [];
  for await (const entry of entries) all.push(entry);
  for (const [at, entry] of all.entries()) yield entryWith(entry, { delta: all.length - at - 1 });
}
