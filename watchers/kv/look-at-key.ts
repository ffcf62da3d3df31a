/** A look at one key: its latest value against the machine's data. */
import type { Bucket } from "../../src/kv/store.ts";
import type { Json } from "../../src/lib/json.ts";
import type { Observation } from "../../src/watching/watcher.ts";
import { readSeen, type Seen, seenCursor } from "./cursor.ts";
import { type Decision, decide } from "./decision.ts";
import { foundIn } from "./find.ts";
import { fireOfDeletion, type LookSetting, ownItem, readingOf } from "./look-setting.ts";
import { dataKeyOf } from "./target.ts";

export async function lookAtKey(bucket: Bucket, setting: LookSetting): Promise<Observation> {
  const { look, target, properties } = setting;
  const dataKey = dataKeyOf(target, target.key);
  const seen = readSeen(look.cursor, {
    bucket: target.bucket,
    key: target.key,
    reading: readingOf(properties),
    created: "",
  });
  const known = {
    previous: ownItem(look.data, dataKey),
    revision: seen.revisions.get(target.key),
  };
  const decision = decide(known, foundIn(await bucket.get(target.key), setting), properties);
  return { ...observationOf(decision, dataKey, setting), ...remembering(decision, seen) };
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
