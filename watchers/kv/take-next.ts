/** Takes the next revision of a watcher that handles every one: one a look, its cursor in the same write as its effect. */
import type { Bucket } from "../../src/kv/store.ts";
import type { Json } from "../../src/lib/json.ts";
import type { Logger } from "../../src/lib/logger.ts";
import type { Observation } from "../../src/watching/watcher.ts";
import { positionCursor, readPosition } from "./cursor.ts";
import { foundIn } from "./find.ts";
import { fireOfDeletion, handledOf, type LookSetting, reportOf } from "./look-setting.ts";
import type { NextRevision, RevisionReader } from "./revision-reader.ts";
import { dataKeyOf } from "./target.ts";

export interface Taking {
  readonly bucket: Bucket;
  readonly reader: RevisionReader;
  readonly log: Logger;
}

export async function takeNext({ bucket, reader, log }: Taking, setting: LookSetting): Promise<Observation> {
  const { look, target, signal } = setting;
  const position = readPosition(look.cursor, target.bucket);
  const next = await reader.next({ bucket, filter: target.key, position }, signal);
  if (!next) return { outcome: "unchanged", ...(position ? {} : begun(reader, target.bucket)) };
  if (position && position.created !== next.created) {
    log.warn("the bucket was destroyed and created again; its revisions are taken from the first", {
      bucket: target.bucket,
    });
  }
  return { ...effectOf(next, setting), ...movedTo(next, setting), ...missedBefore(next, target.bucket) };
}

/** Remembers from where on the watcher follows the bucket, so that what is removed before its first entry counts as missed. */
function begun({ start }: RevisionReader, bucket: string): Pick<Observation, "cursor"> {
  if (!start) return {};
  const { created, followsFrom } = start;
  return { cursor: positionCursor({ bucket, created, revision: 0, followsFrom }) };
}

/** Published, because the machine will never handle them. */
function missedBefore({ gap }: NextRevision, bucket: string): Pick<Observation, "missed" | "announce"> {
  return gap.revisions === 0 ? {} : { missed: { bucket, ...gap }, announce: true };
}

function effectOf({ entry }: NextRevision, setting: LookSetting): Observation {
  const { target, properties } = setting;
  const report = reportOf(target, handledOf(entry));
  const found = foundIn(entry, setting);
  if (found.how === "unreadable") {
    const place = `key "${entry.key}", revision ${entry.revision}`;
    const error = `${place}: ${found.reason} (it is passed over)`;
    return { outcome: "error", fire: "fail", error, patch: Object.fromEntries(report) };
  }
  const value: Json | undefined = found.how === "value" ? found.value : undefined;
  return {
    outcome: "changed",
    fire: found.how === "value" ? "success" : fireOfDeletion(properties),
    patch: Object.fromEntries([[dataKeyOf(target, entry.key), value], ...report]),
  };
}

function movedTo(
  { entry, created, followsFrom, hasMore }: NextRevision,
  { target }: LookSetting,
): Pick<Observation, "cursor" | "lookAgainInMs"> {
  const cursor = positionCursor({ bucket: target.bucket, created, revision: entry.revision, followsFrom });
  return hasMore ? { cursor, lookAgainInMs: 0 } : { cursor };
}
