import { describe, expect, it } from "vitest";
import type { Entry } from "../../../src/kv/store.ts";
import { type EngineUnderTest, eachCase, listed } from "./harness.ts";

/** What an entry tells of its own life. */
export function describeOwnTtl(engine: EngineUnderTest): void {
  describe("the ttl of an entry", () => {
    const at = eachCase(engine);

    it("T25: of create, purge and touch, wherever the entry is read", async () => {
      const bucket = await at.bucket({ markerTtlMs: 30_000 });
      await using watch = bucket.watch(">", { updatesOnly: true });
      await bucket.create("created", "1", { ttlMs: 5000 });
      await bucket.put("put", "1");
      await bucket.put("purged", "1");
      await bucket.purge("purged", { ttlMs: 7000 });
      await bucket.create("touched", "long".repeat(300), { ttlMs: 5000 });
      await bucket.touch("touched", 9000);
      await bucket.delete("deleted");
      const stored = await listed(bucket.history());
      expect(livesOf(stored)).toEqual({ created: 5000, purged: 7000, touched: 9000 });
      const live: Record<string, number | undefined> = {};
      for await (const item of watch) {
        if (item.operation !== "READY") Object.assign(live, { [item.key]: item.ttlMs });
        if (item.operation !== "READY" && item.key === "deleted") break;
      }
      expect(live).toEqual({ ...livesOf(stored), put: undefined, deleted: undefined });
      expect(livesOf(await listed(bucket.history(">", { metaOnly: true })))).toEqual(livesOf(stored));
      expect((await bucket.get("created"))?.ttlMs).toBe(5000);
      expect((await bucket.entry("purged"))?.ttlMs).toBe(7000);
      expect((await bucket.get("touched"))?.ttlMs).toBe(9000);
      expect(Object.hasOwn((await bucket.get("put")) ?? {}, "ttlMs")).toBe(false);
    });

    it("T26: only one that is shorter than its bucket's, and not below a marker's in a history", async () => {
      const short = await at.bucket({ ttlMs: 10_000, markerTtlMs: 2000, history: 3 });
      await short.create("longer", "1", { ttlMs: 20_000 });
      await short.create("same", "1", { ttlMs: 10_000 });
      await short.create("shorter", "1", { ttlMs: 9000 });
      await short.create("shortest", "1", { ttlMs: 1000 });
      await short.put("put", "1");
      expect(livesOf(await listed(short.history()))).toEqual({ shorter: 9000, shortest: 2000 });
    });

    it("T27: the marker of an end has that of markers", async () => {
      const bucket = await at.bucket({ markerTtlMs: 3000 });
      await bucket.create("a", "1", { ttlMs: 1000 });
      await at.running.elapse(2000);
      expect(await bucket.entry("a")).toMatchObject({ operation: "PURGE", ttlMs: 3000 });
    });
  });
}

/** By key, of those that have one. */
function livesOf(entries: readonly Entry[]): Record<string, number> {
  return Object.fromEntries(entries.flatMap(({ key, ttlMs }) => (ttlMs === undefined ? [] : [[key, ttlMs]])));
}
