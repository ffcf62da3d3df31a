import { describe, expect, it } from "vitest";
import { codeFrom, type EngineUnderTest, eachCase, historyOf, listed, shown, taken } from "./harness.ts";

/** Moments of the cases are at least half a second from each end of a life: engines that run on real time lag a little. */
export function describeTtl(engine: EngineUnderTest): void {
  describeBucketTtl(engine);
  describeNoMarkers(engine);
  if (!engine.lacks?.includes("markers")) describeMarkers(engine);
}

/** What holds for every bucket without markers, and for every bucket of an engine that has none. */
function describeNoMarkers(engine: EngineUnderTest): void {
  describe("without markers", () => {
    const at = eachCase(engine);

    it("T5: without markerTtlMs keys have no ttl of their own", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      expect(await codeFrom(() => bucket.create("b", "2", { ttlMs: 2000 }))).toBe("TTL_UNSUPPORTED");
      expect(await codeFrom(() => bucket.purge("a", { ttlMs: 2000 }))).toBe("TTL_UNSUPPORTED");
      expect(await codeFrom(() => bucket.touch("a", 2000))).toBe("TTL_UNSUPPORTED");
      expect((await bucket.get("a"))?.string()).toBe("1");
      expect(await bucket.entry("b")).toBeNull();
    });

    it("T8: a ttl that cannot be", async () => {
      const text: unknown = "abc";
      const bucket = await at.bucket();
      for (const ttlMs of [0, 500, -1, 1000.5, Number.NaN, text as number]) {
        expect(await codeFrom(() => bucket.create("a", "1", { ttlMs }))).toBe("TTL_INVALID");
        expect(await codeFrom(() => bucket.purge("a", { ttlMs }))).toBe("TTL_INVALID");
      }
      expect((await bucket.status()).revision).toBe(0);
      expect(await codeFrom(() => at.bucket({ markerTtlMs: 500 }))).toBe("INVALID_CONFIG");
    });

    it("a bucket with markers is made, or refused before anything is", async () => {
      const refusal = engine.lacks?.includes("markers") ? "UNSUPPORTED" : "nothing";
      expect(await codeFrom(() => at.store.createBucket("marked", { markerTtlMs: 1000 }))).toBe(refusal);
      expect(await at.store.listBuckets()).toHaveLength(refusal === "nothing" ? 1 : 0);
    });
  });
}

function describeBucketTtl(engine: EngineUnderTest): void {
  describe("ttl of a bucket", () => {
    const at = eachCase(engine);

    it("T1: after the ttl nothing is left", async () => {
      const bucket = await at.bucket({ ttlMs: 1000 });
      await bucket.put("a", "1");
      await at.running.elapse(2500);
      expect(await bucket.get("a")).toBeNull();
      expect(await bucket.entry("a", { revision: 1 })).toBeNull();
      expect(await listed(bucket.keys())).toEqual([]);
      expect(await historyOf(bucket)).toEqual([]);
      expect(await bucket.status()).toMatchObject({ values: 0, bytes: 0, revision: 1 });
    });

    it("T2: without a ttl everything stays", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      await at.running.elapse(1500);
      expect((await bucket.get("a"))?.string()).toBe("1");
    });

    it("T3: watches are not told of an expiry", async () => {
      const bucket = await at.bucket({ ttlMs: 1000 });
      await bucket.put("a", "1");
      await using watch = bucket.watch();
      await at.running.elapse(2500);
      await bucket.put("b", "2");
      expect(await taken(watch, 3)).toEqual(["PUT:a=1@1/0", "READY", "PUT:b=2@2/0"]);
    });

    it("T10: every entry ages by itself", async () => {
      const bucket = await at.bucket({ ttlMs: 2000, history: 3 });
      await bucket.put("a", "1");
      await at.running.elapse(1000);
      await bucket.put("a", "2");
      expect(await historyOf(bucket)).toEqual(["PUT:a=1@1/1", "PUT:a=2@2/0"]);
      await at.running.elapse(1500);
      expect(await historyOf(bucket)).toEqual(["PUT:a=2@2/0"]);
      expect((await bucket.status()).values).toBe(1);
    });

    it("T16: what has expired does not exist for conditional writes", async () => {
      const bucket = await at.bucket({ ttlMs: 1000, history: 3 });
      const revision = await bucket.put("a", "1");
      await at.running.elapse(2500);
      expect(await codeFrom(() => bucket.update("a", "2", revision))).toBe("WRONG_REVISION");
      expect(await codeFrom(() => bucket.revert("a", revision))).toBe("KEY_NOT_FOUND");
      expect(await bucket.create("a", "2")).toBe(2);
      expect(await historyOf(bucket)).toEqual(["PUT:a=2@2/0"]);
    });
  });
}

function describeMarkers(engine: EngineUnderTest): void {
  describe("ttl of single keys, and the markers that tell of an end", () => {
    const at = eachCase(engine);

    it("T4: a watch is told when a key ends; the marker goes silently", async () => {
      const bucket = await at.bucket({ markerTtlMs: 1000, history: 3 });
      await bucket.create("a", "1", { ttlMs: 2000 });
      await using watch = bucket.watch();
      await at.running.elapse(5000);
      expect(await bucket.entry("a")).toBeNull();
      await bucket.put("b", "2");
      expect(await taken(watch, 4)).toEqual(["PUT:a=1@1/0", "READY", "PURGE:a=@2/0", "PUT:b=2@3/0"]);
      expect(await bucket.status()).toMatchObject({ values: 1, revision: 3, markerTtlMs: 1000 });
    });

    it("T6: the marker of a purge may have a ttl", async () => {
      const bucket = await at.bucket({ markerTtlMs: 1000 });
      await bucket.put("a", "1");
      expect(await bucket.purge("a", { ttlMs: 2000 })).toBe(2);
      expect((await bucket.entry("a"))?.operation).toBe("PURGE");
      await at.running.elapse(3500);
      expect(await bucket.entry("a")).toBeNull();
      expect(await bucket.status()).toMatchObject({ values: 0, bytes: 0, revision: 2 });
    });

    it("T7: a key of which only the marker of its end is left is no key", async () => {
      const bucket = await at.bucket({ markerTtlMs: 30_000 });
      await bucket.create("a", "1", { ttlMs: 1000 });
      await bucket.put("b", "2");
      await at.running.elapse(2000);
      expect(await listed(bucket.keys())).toEqual(["b"]);
      expect(await bucket.get("a")).toBeNull();
      expect((await bucket.entry("a"))?.operation).toBe("PURGE");
    });

    it("T8: a ttl that cannot be, where others can", async () => {
      const bucket = await at.bucket({ markerTtlMs: 1000 });
      for (const ttlMs of [0, 500, -1, 1000.5, Number.NaN]) {
        expect(await codeFrom(() => bucket.create("a", "1", { ttlMs }))).toBe("TTL_INVALID");
        expect(await codeFrom(() => bucket.purge("a", { ttlMs }))).toBe("TTL_INVALID");
      }
      expect((await bucket.status()).revision).toBe(0);
    });

    it("T9: a put does not inherit the ttl, and the older entry ends silently", async () => {
      const bucket = await at.bucket({ markerTtlMs: 1000, history: 3 });
      await bucket.create("a", "x", { ttlMs: 2000 });
      await bucket.put("a", "y");
      await at.running.elapse(3500);
      expect(await historyOf(bucket)).toEqual(["PUT:a=y@2/0"]);
      expect(await bucket.get("a", { revision: 1 })).toBeNull();
      expect(await bucket.status()).toMatchObject({ values: 1, revision: 2 });
    });

    it("T11: the end of a DEL marker leaves a marker too", async () => {
      const bucket = await at.bucket({ ttlMs: 1500, markerTtlMs: 5000 });
      await bucket.put("a", "1");
      await bucket.delete("a");
      await at.running.elapse(2300);
      const entry = await bucket.entry("a");
      expect(entry && shown(entry)).toBe("PURGE:a=@3/0");
    });

    it("T12: the end of a PURGE marker leaves nothing", async () => {
      const bucket = await at.bucket({ ttlMs: 1000, markerTtlMs: 30_000 });
      await bucket.put("a", "1");
      await bucket.purge("a");
      await using watch = bucket.watch();
      await at.running.elapse(2500);
      expect(await bucket.entry("a")).toBeNull();
      await bucket.put("b", "2");
      expect(await taken(watch, 3)).toEqual(["PURGE:a=@2/0", "READY", "PUT:b=2@3/0"]);
    });

    it("T13: a DEL marker stays when the value that it deleted ends", async () => {
      const bucket = await at.bucket({ markerTtlMs: 1000, history: 3 });
      await bucket.create("a", "1", { ttlMs: 2000 });
      await bucket.delete("a");
      await at.running.elapse(4500);
      expect(await historyOf(bucket)).toEqual(["DEL:a=@2/0"]);
    });

    it("T14: a marker lives no longer than its bucket's ttl", async () => {
      const bucket = await at.bucket({ ttlMs: 1000, markerTtlMs: 30_000 });
      await bucket.put("a", "1");
      await using watch = bucket.watch();
      await at.running.elapse(4200);
      expect(await bucket.entry("a")).toBeNull();
      expect((await bucket.status()).values).toBe(0);
      await bucket.put("b", "2");
      expect(await taken(watch, 4)).toEqual(["PUT:a=1@1/0", "READY", "PURGE:a=@2/0", "PUT:b=2@3/0"]);
    });

    it("T15: of a key's ttl and its bucket's the shorter one counts", async () => {
      const bucket = await at.bucket({ ttlMs: 1000, markerTtlMs: 1000 });
      await bucket.create("a", "1", { ttlMs: 20_000 });
      await at.running.elapse(4000);
      expect(await bucket.entry("a")).toBeNull();
    });

    it("T17: after the end only the marker's revision is the newest", async () => {
      const bucket = await at.bucket({ markerTtlMs: 30_000 });
      await bucket.create("a", "1", { ttlMs: 1000 });
      await bucket.create("b", "1", { ttlMs: 1000 });
      await at.running.elapse(2000);
      expect(await codeFrom(() => bucket.update("a", "2", 1))).toBe("WRONG_REVISION");
      expect(await codeFrom(() => bucket.put("a", "2", { expectedRevision: 0 }))).toBe("WRONG_REVISION");
      const marker = await bucket.entry("a");
      expect(await bucket.update("a", "2", marker?.revision ?? 0)).toBe(5);
      expect(await bucket.create("b", "2")).toBe(6);
    });

    it("T18: where older entries are kept, no life is shorter than a marker's", async () => {
      const config = { markerTtlMs: 3000 };
      const [one, many] = [await at.bucket(config), await at.bucket({ ...config, history: 2 })];
      for (const bucket of [one, many]) await bucket.create("a", "1", { ttlMs: 1000 });
      await at.running.elapse(2000);
      expect(await one.get("a")).toBeNull();
      expect((await many.get("a"))?.string()).toBe("1");
      await at.running.elapse(2000);
      expect(await many.get("a")).toBeNull();
    });

    it("T19: a value with a ttl drops the key's older entries: its end brings none of them back", async () => {
      const bucket = await at.bucket({ markerTtlMs: 3000, history: 5 });
      await bucket.put("a", "1");
      await bucket.delete("a");
      await bucket.create("a", "2", { ttlMs: 3000 });
      await bucket.put("b", "1");
      expect(await historyOf(bucket)).toEqual(["PUT:a=2@3/1", "PUT:b=1@4/0"]);
      await at.running.elapse(4000);
      expect(await historyOf(bucket)).toEqual(["PUT:b=1@4/1", "PURGE:a=@5/0"]);
      expect(await bucket.get("a", { revision: 1 })).toBeNull();
      expect((await bucket.status()).values).toBe(2);
    });

    it("T20: lives go on while the store is closed", async () => {
      const bucket = await at.bucket({ markerTtlMs: 30_000 });
      await bucket.create("short", "1", { ttlMs: 1000 });
      await bucket.create("long", "2", { ttlMs: 4000 });
      const reopened = await at.running.reopen();
      const again = await reopened.openBucket(bucket.name);
      await at.running.elapse(2000);
      expect(await listed(again.keys())).toEqual(["long"]);
      await at.running.elapse(3000);
      expect(await historyOf(again)).toEqual(["PURGE:short=@3/1", "PURGE:long=@4/0"]);
    });
  });
}
