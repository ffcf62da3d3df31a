/**
 * What a look at many keys comes to. Pure. One look reports one kind of change, new values before deletions before errors
 * before mere reads, and asks for the next look at once when a kind before the reads is left over.
 */
import type { Json } from "../../src/lib/json.ts";
import type { Observation } from "../../src/watching/watcher.ts";
import { type Seen, seenCursor } from "./cursor.ts";
import type { Decision } from "./decision.ts";
import { fireOfDeletion, type Handled, type LookSetting, reportOf } from "./look-setting.ts";

/** What one look decided about one key. */
export interface Judged {
  readonly handled: Handled;
  readonly dataKey: string;
  readonly decision: Decision;
}

export function observationOf(judged: readonly Judged[], seen: Seen, setting: LookSetting): Observation {
  const of = (what: Decision["what"]) => judged.filter(({ decision }) => decision.what === what);
  const [puts, deletions, errors, reads] = [of("put"), of("deleted"), of("error"), of("read")];
  const reported = puts.length > 0 ? puts : deletions;
  const isLeftOver = errors.length > 0 || (puts.length > 0 && deletions.length > 0);
  const revisions = rememberedBy(judged, seen.revisions, reported);
  const remembered = isEqual(revisions, seen.revisions)
    ? {}
    : { cursor: seenCursor({ of: seen.of, revisions }) };
  if (reported.length > 0) {
    const fire = puts.length > 0 ? "success" : fireOfDeletion(setting.properties);
    const again = isLeftOver ? { lookAgainInMs: 0 } : {};
    return { outcome: "changed", fire, patch: patchOf(reported, setting), ...remembered, ...again };
  }
  if (errors.length > 0) return { outcome: "error", fire: "fail", error: reasonOf(errors), ...remembered };
  return reads.length > 0
    ? { outcome: "changed", fire: "success", ...remembered }
    : { outcome: "unchanged", ...remembered };
}

function patchOf(reported: readonly Judged[], { target }: LookSetting): Record<string, Json | undefined> {
  const items = reported.map(({ dataKey, decision }): [string, Json | undefined] => [
    dataKey,
    decision.what === "put" ? decision.value : undefined,
  ]);
  const last = reported.reduce(
    (newest, { handled }) => (handled.revision >= newest.revision ? handled : newest),
    {
      key: "",
      revision: -1,
      operation: "PUT",
    } as Handled,
  );
  return Object.fromEntries([...items, ...reportOf(target, last)]);
}

/** A deletion that is not reported yet stays remembered, so that the next look finds it; so does what could not be read. */
function rememberedBy(
  judged: readonly Judged[],
  before: ReadonlyMap<string, number>,
  reported: readonly Judged[],
): ReadonlyMap<string, number> {
  const revisions = new Map(before);
  for (const one of judged) {
    const { handled, decision } = one;
    if (decision.what === "put" || decision.what === "read") revisions.set(handled.key, decision.revision);
    else if (decision.what === "nothing") remember(revisions, handled.key, decision.revision);
    else if (decision.what === "deleted" && reported.includes(one)) revisions.delete(handled.key);
  }
  return revisions;
}

function remember(revisions: Map<string, number>, key: string, revision: number | undefined): void {
  if (revision === undefined) revisions.delete(key);
  else revisions.set(key, revision);
}

function reasonOf(errors: readonly Judged[]): string {
  return errors
    .map(
      ({ handled, decision }) => `key "${handled.key}": ${decision.what === "error" ? decision.reason : ""}`,
    )
    .join("; ");
}

function isEqual(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): boolean {
  return left.size === right.size && [...left].every(([key, revision]) => right.get(key) === revision);
}
