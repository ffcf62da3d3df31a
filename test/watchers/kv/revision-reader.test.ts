import { afterAll, beforeAll, expect, it } from "vitest";
import type { Bucket } from "../../../src/kv/store.ts";
import { RevisionReader } from "../../../watchers/kv/revision-reader.ts";
import { openTemporaryStore, type TemporaryStore } from "./store.ts";

let temporary: TemporaryStore;
let bucket: Bucket;
beforeAll(async () => {
  temporary = await openTemporaryStore();
  bucket = await temporary.store.createBucket("B", { history: 64 });
  await bucket.put("a", "1");
});
afterAll(() => temporary.remove());

const never = new AbortController().signal;

/** The bucket, as if it had been made at each of these times in turn, the last one from then on. */
function madeAt(...times: readonly string[]): { readonly bucket: Bucket; readonly asked: () => number } {
  let asked = 0;
  const played: Pick<Bucket, "name" | "status" | "watch"> = {
    name: bucket.name,
    watch: (...args) => bucket.watch(...args),
    async status() {
      const created = new Date(times[Math.min(asked, times.length - 1)] ?? 0);
      asked += 1;
      return { ...(await bucket.status()), created };
    },
  };
  return { bucket: played as Bucket, asked: () => asked };
}

it("what was read while the bucket was made anew is read again", async () => {
  const [old, fresh] = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"];
  const { bucket: played, asked } = madeAt(old, fresh);
  const place = { bucket: played, filter: ">", position: undefined };
  const next = await new RevisionReader().next(place, never);
  expect(next).toMatchObject({ created: fresh, hasMore: false, entry: { key: "a", revision: 1 } });
  expect(asked()).toBe(4);
});

it("who is told to stop while reading gets the reason", async () => {
  const reason = new Error("the machine stops");
  const place = { bucket, filter: ">", position: undefined };
  await expect(new RevisionReader().next(place, AbortSignal.abort(reason))).rejects.toBe(reason);
});

it("the same place gives the same revision, another one what follows it", async () => {
  await bucket.put("b", "2");
  const reader = new RevisionReader();
  const first = await reader.next({ bucket, filter: ">", position: undefined }, never);
  expect(first).toMatchObject({ hasMore: true, entry: { key: "a" } });
  expect(await reader.next({ bucket, filter: ">", position: undefined }, never)).toEqual(first);
  const position = { bucket: "B", created: first?.created ?? "", revision: 1, followsFrom: 0 };
  expect(await reader.next({ bucket, filter: ">", position }, never)).toMatchObject({
    hasMore: false,
    entry: { key: "b", revision: 2 },
  });
});
