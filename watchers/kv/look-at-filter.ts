/** A look at all keys that a filter matches, each compared by itself. */
import type { Bucket, Entry } from "../../src/kv/store.ts";
import type { Observation } from "../../src/watching/watcher.ts";
import { readSeen, type Seen } from "./cursor.ts";
import { decide, type Found } from "./decision.ts";
import { foundIn } from "./find.ts";
import { type Handled, handledOf, type LookSetting, ownItem, readingOf } from "./look-setting.ts";
import { lossOf } from "./outage.ts";
import { type Judged, observationOf } from "./tally.ts";
import { dataKeyOf } from "./target.ts";

export async function lookAtFilter(bucket: Bucket, setting: LookSetting): Promise<Observation> {
  const { look, target, properties } = setting;
  const status = await bucket.status();
  const of = {
    bucket: target.bucket,
    key: target.key,
    reading: readingOf(properties),
    created: status.created.toISOString(),
  };
  const isLost = properties.keepOnOutage && lossOf(look.cursor, status) !== undefined;
  const seen = readSeen(isLost ? undefined : look.cursor, of);
  // Once values are known, only those of newer revisions are worth reading, unless their meaning changes with the facts.
  const metaOnly = seen.revisions.size > 0 && !properties.hieraConfig;
  const judge = (handled: Handled, found: Found): Judged => judgeKey(handled, found, seen, setting);
  const judged: Judged[] = [];
  const newest = await newestEntries(bucket, setting, metaOnly);
  for (const entry of newest.values()) {
    const current = metaOnly && !isKnown(entry, seen, setting) ? await bucket.entry(entry.key) : entry;
    setting.signal.throwIfAborted();
    judged.push(judge(handledOf(current ?? entry), find(current, seen, setting)));
  }
  for (const key of seen.revisions.keys()) {
    if (!newest.has(key)) judged.push(judge({ key, revision: 0, operation: "DEL" }, { how: "absent" }));
  }
  return observationOf(judged, seen, setting);
}

/** The newest entry of each matching key, markers included, in order of revision. */
async function newestEntries(
  bucket: Bucket,
  { target, signal }: LookSetting,
  metaOnly: boolean,
): Promise<ReadonlyMap<string, Entry>> {
  const newest = new Map<string, Entry>();
  const watch = bucket.watch(target.key, { metaOnly, signal });
  try {
    for await (const item of watch) {
      if (item.operation === "READY") return newest;
      newest.set(item.key, item);
    }
  } finally {
    watch.stop();
  }
  signal.throwIfAborted();
  throw new Error(`the watch of bucket ${bucket.name} ended before it was ready`);
}

/** True when the machine's data already holds this very revision: its value need not be read. */
function isKnown({ key, revision, operation }: Entry, seen: Seen, setting: LookSetting): boolean {
  const { look, target, properties } = setting;
  if (operation !== "PUT") return true;
  if (properties.hieraConfig) return false;
  return seen.revisions.get(key) === revision && ownItem(look.data, dataKeyOf(target, key)) !== undefined;
}

function find(entry: Entry | null, seen: Seen, setting: LookSetting): Found {
  if (entry && isKnown(entry, seen, setting) && entry.operation === "PUT") {
    const value = ownItem(setting.look.data, dataKeyOf(setting.target, entry.key));
    if (value !== undefined) return { how: "value", value, revision: entry.revision };
  }
  return foundIn(entry, setting);
}

function judgeKey(
  handled: Handled,
  found: Found,
  seen: Seen,
  { look, target, properties }: LookSetting,
): Judged {
  const dataKey = dataKeyOf(target, handled.key);
  // What the watcher itself keeps there is no value of the key.
  const previous = dataKey === target.reportKey ? undefined : ownItem(look.data, dataKey);
  const known = { previous, revision: seen.revisions.get(handled.key) };
  return { handled, dataKey, decision: decide(known, found, properties) };
}
