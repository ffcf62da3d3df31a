import { expect, it } from "vitest";
import type { Decision } from "../../../watchers/kv/decision.ts";
import type { LookSetting } from "../../../watchers/kv/look-setting.ts";
import { type Judged, observationOf } from "../../../watchers/kv/tally.ts";

const of = { bucket: "B", key: ">", reading: "json", created: "then" };
const setting = {
  target: { bucket: "B", key: ">", storeKey: undefined, bucketPrefix: true, reportKey: "w" },
  properties: { deleteTransition: "gone" },
} as LookSetting;

/** Revision `revision` of `key`, and what it means. */
function judged(key: string, revision: number, decision: Decision): Judged {
  return { handled: { key, revision, operation: "PUT" }, dataKey: `B_${key}`, decision };
}

const put = (key: string, revision: number) => judged(key, revision, { what: "put", value: key, revision });
const deleted = (key: string) => judged(key, 0, { what: "deleted" });
const unreadable = (key: string) => judged(key, 9, { what: "error", reason: "it is no JSON" });

/** @param before revisions that were seen */
function tally(all: readonly Judged[], before: Record<string, number> = {}) {
  return observationOf(all, { of, revisions: new Map(Object.entries(before)) }, setting);
}

it("new values come first; a deletion that has to wait stays remembered, and is asked for at once", () => {
  expect(tally([put("a", 5), put("b", 7), put("c", 6), deleted("d")], { d: 3 })).toEqual({
    outcome: "changed",
    fire: "success",
    patch: { B_a: "a", B_b: "b", B_c: "c", w: { bucket: "B", key: "b", revision: 7, operation: "PUT" } },
    cursor: { ...of, seen: { d: 3, a: 5, b: 7, c: 6 } },
    lookAgainInMs: 0,
  });
});

it("a deletion that is reported is forgotten, also when nothing else changed", () => {
  expect(tally([deleted("b")], { a: 1, b: 2 })).toMatchObject({
    outcome: "changed",
    fire: { transition: "gone" },
    patch: { B_b: undefined },
    cursor: { ...of, seen: { a: 1 } },
  });
  expect(tally([deleted("b")], { a: 1, b: 2 })).not.toHaveProperty("lookAgainInMs");
});

it("an error waits for new values and deletions, and is then told with all others", () => {
  expect(tally([put("a", 5), unreadable("b")])).toMatchObject({ outcome: "changed", lookAgainInMs: 0 });
  expect(tally([deleted("a"), unreadable("b")])).toMatchObject({ outcome: "changed", lookAgainInMs: 0 });
  const failed = { outcome: "error", fire: "fail" };
  expect(tally([unreadable("a")])).toEqual({ ...failed, error: 'key "a": it is no JSON' });
  expect(tally([unreadable("a"), unreadable("b"), unreadable("c")])).toEqual({
    ...failed,
    error: 'key "a": it is no JSON; key "b": it is no JSON; key "c": it is no JSON',
  });
});

it("a look that finds nothing new writes no cursor", () => {
  const nothing = judged("a", 5, { what: "nothing", revision: 5 });
  expect(tally([nothing], { a: 5 })).toEqual({ outcome: "unchanged" });
  expect(tally([judged("a", 5, { what: "read", revision: 5 })], { a: 5 })).toEqual({
    outcome: "changed",
    fire: "success",
  });
  expect(tally([judged("a", 0, { what: "nothing", revision: undefined })], { a: 5 })).toEqual({
    outcome: "unchanged",
    cursor: { ...of, seen: {} },
  });
});
