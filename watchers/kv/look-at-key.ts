/** A look at one key: its latest value against the machine's data. */
import type { Bucket } from "../../src/kv/store.ts";
import type { Json } from "../../src/lib/json.ts";
import type { Observation } from "../../src/watching/watcher.ts";
import { readSeen, type Seen, seenCursor } from "./cursor.ts";
import { type Decision, decide } from "./decision.ts";
import { foundIn } from "./find.ts";
import { fireOfDeletion, type LookSetting, ownItem, readingOf } from "./look-setting.ts";
import { lossOf } from "./outage.ts";
import { dataKeyOf } from "./target.ts";

export async function lookAtKey(bucket: Bucket, setting: LookSetting): Promise<Observation> {
  const { look, target, properties } = setting;
  const dataKey = dataKeyOf(target, target.key);
  const previous = ownItem(look.data, dataKey);
  // Before the entry: what is read after it may already be of a later bucket, and would hide a loss for good.
  const created = properties.keepOnOutage ? (await bucket.status()).created.toISOString() : "";
  const entry = await bucket.entry(target.key);
  const loss = entry === null && previous !== undefined ? await lossIn(bucket, setting) : undefined;
  if (loss !== undefined) return { outcome: "error", error: loss };
  const seen = readSeen(look.cursor, {
    bucket: target.bucket,
    key: target.key,
    reading: readingOf(properties),
    created,
  });
  const known = { previous, revision: seen.revisions.get(target.key) };
  const decision = decide(known, foundIn(entry, setting), properties);
  return { ...observationOf(decision, dataKey, setting), ...remembering(decision, seen) };
}

/** Why the key's item stays although nothing is left of the key; undefined when it does not. */
async function lossIn(bucket: Bucket, { look, properties }: LookSetting): Promise<string | undefined> {
  if (!properties.keepOnOutage) return undefined;
  const loss = lossOf(look.cursor, await bucket.status());
  return (
    loss &&
    `${loss}, and has no such key; its item stays (keep_on_outage) until the key is written, or deleted, there`
  );
}

function observationOf(decision: Decision, dataKey: string, { properties }: LookSetting): Observation {
  switch (decision.what) {
    case "nothing":
      return { outcome: "unchanged" };
    case "read":
      return { outcome: "changed", fire: "success" };
    case "put":
      return { outcome: "changed", fire: "success", patch: { [dataKey]: decision.value } };
    case "deleted":
      return { outcome: "changed", fire: fireOfDeletion(properties), patch: { [dataKey]: undefined } };
    case "error":
      return { outcome: "error", fire: "fail", error: decision.reason };
  }
}

/** The new cursor, when it differs: an unchanged look shall cost no write. */
function remembering(decision: Decision, { of, revisions }: Seen): { cursor?: Json } {
  if (decision.what === "error") return {};
  const revision = decision.what === "deleted" ? undefined : decision.revision;
  if (revisions.get(of.key) === revision) return {};
  return {
    cursor: seenCursor({ of, revisions: new Map(revision === undefined ? [] : [[of.key, revision]]) }),
  };
}
