import { describe, expect, it } from "vitest";
import { codeFrom, type EngineUnderTest, eachCase, historyOf, taken } from "./harness.ts";

/** Renewing the life of a value. */
export function describeTouch(engine: EngineUnderTest): void {
  describe("touch", () => {
    const at = eachCase(engine);

    it("T21: the life begins anew, and watches see the value again", async () => {
      const bucket = await at.bucket({ markerTtlMs: 1000 });
      const value = "held by host1 ".repeat(100);
      await bucket.create("lock", value, { ttlMs: 2000 });
      await using watch = bucket.watch(">", { updatesOnly: true });
      await at.running.elapse(1200);
      expect(await bucket.touch("lock", 2000)).toBe(2);
      await at.running.elapse(1200);
      expect((await bucket.get("lock"))?.string()).toBe(value);
      expect(await bucket.touch("lock", 2000, { expectedRevision: 2 })).toBe(3);
      expect(await historyOf(bucket)).toEqual([`PUT:lock=${value}@3/0`]);
      await at.running.elapse(2600);
      expect(await bucket.get("lock")).toBeNull();
      expect(await taken(watch, 4)).toEqual([
        "READY",
        `PUT:lock=${value}@2/0`,
        `PUT:lock=${value}@3/0`,
        "PURGE:lock=@4/0",
      ]);
    });

    it("T22: gives a life to a value that had none; a put takes it away", async () => {
      const bucket = await at.bucket({ markerTtlMs: 1000 });
      for (const key of ["a", "b"]) await bucket.put(key, "1");
      for (const key of ["a", "b"]) await bucket.touch(key, 1000);
      await bucket.put("b", "2");
      await at.running.elapse(3000);
      expect(await historyOf(bucket)).toEqual(["PUT:b=2@5/0"]);
    });

    it("T23: what has no value cannot be renewed", async () => {
      const bucket = await at.bucket({ markerTtlMs: 30_000 });
      await bucket.create("expired", "1", { ttlMs: 1000 });
      await bucket.put("deleted", "1");
      await bucket.delete("deleted");
      await at.running.elapse(2000);
      for (const key of ["expired", "deleted", "never"]) {
        expect(await codeFrom(() => bucket.touch(key, 2000))).toBe("KEY_NOT_FOUND");
      }
      expect(await codeFrom(() => bucket.touch("expired", 2000, { expectedRevision: 1 }))).toBe(
        "WRONG_REVISION",
      );
      expect((await bucket.status()).revision).toBe(4);
    });

    it("T24: refuses a wrong revision, key, ttl or bucket, and changes nothing", async () => {
      const bucket = await at.bucket({ markerTtlMs: 1000 });
      await bucket.put("a", "1");
      expect(await codeFrom(() => bucket.touch("a", 2000, { expectedRevision: 7 }))).toBe("WRONG_REVISION");
      expect(await codeFrom(() => bucket.touch("*", 2000))).toBe("INVALID_KEY");
      expect(await codeFrom(() => bucket.touch("a", 999))).toBe("TTL_INVALID");
      expect((await bucket.status()).revision).toBe(1);
      const plain = await at.bucket();
      await plain.put("a", "1");
      expect(await codeFrom(() => plain.touch("a", 2000))).toBe("TTL_UNSUPPORTED");
      const kept = await at.bucket({ markerTtlMs: 1000, history: 2 });
      await kept.put("a", "1");
      expect(await codeFrom(() => kept.touch("a", 2000))).toBe("UNSUPPORTED");
      expect((await kept.status()).revision).toBe(1);
    });
  });
}
