import { describe, expect, it } from "vitest";
import { codeFrom, type EngineUnderTest, eachCase, historyOf, listed, taken } from "./harness.ts";

/** The cases about a bucket's own ttl, and the refusals. Those about markers and the ttl of single keys are not here. */
export function describeTtl(engine: EngineUnderTest): void {
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

    it("T5: without markerTtlMs keys have no ttl of their own", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      expect(await codeFrom(() => bucket.create("b", "2", { ttlMs: 2000 }))).toBe("TTL_UNSUPPORTED");
      expect(await codeFrom(() => bucket.purge("a", { ttlMs: 2000 }))).toBe("TTL_UNSUPPORTED");
      expect((await bucket.get("a"))?.string()).toBe("1");
      expect(await bucket.entry("b")).toBeNull();
    });

    it("T8: a ttl that cannot be", async () => {
      const bucket = await at.bucket();
      for (const ttlMs of [0, 500, -1, 1000.5, Number.NaN]) {
        expect(await codeFrom(() => bucket.create("a", "1", { ttlMs }))).toBe("TTL_INVALID");
      }
    });

    it("T10: every entry ages by itself", async () => {
      const bucket = await at.bucket({ ttlMs: 1500, history: 3 });
      await bucket.put("a", "1");
      await at.running.elapse(800);
      await bucket.put("a", "2");
      expect(await historyOf(bucket)).toEqual(["PUT:a=1@1/1", "PUT:a=2@2/0"]);
      await at.running.elapse(1200);
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
