/** Which buckets the machines of the drop directories watch. */
import type { Definition } from "../../definition/shape.ts";
import type { WatchedBucket } from "../../kv/inspection.ts";
import { isJsonObject } from "../../lib/json.ts";
import { definitionsIn } from "../definitions-in.ts";

/** Sorted by name. */
export async function watchedBuckets(dropDirectories: readonly string[]): Promise<readonly WatchedBucket[]> {
  const found = new Map<string, WatchedBucket>();
  for (const { bucket, watchers, every } of (await definitionsIn(dropDirectories)).flatMap(bucketsOf)) {
    const known = found.get(bucket) ?? { watchers: [], every: [] };
    found.set(bucket, {
      bucket,
      watchers: [...known.watchers, ...watchers],
      every: [...known.every, ...every],
    });
  }
  return [...found.values()].sort((left, right) => (left.bucket < right.bucket ? -1 : 1));
}

/** One for each kv watcher. */
function bucketsOf({ name, watchers }: Definition): WatchedBucket[] {
  return watchers.flatMap((watcher) => {
    const { bucket, deliver } = isJsonObject(watcher.properties) ? watcher.properties : {};
    if (watcher.type !== "kv" || typeof bucket !== "string") return [];
    const by = [`${name}/${watcher.name}`];
    return [{ bucket, watchers: by, every: deliver === "every" ? by : [] }];
  });
}
