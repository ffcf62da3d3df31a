import { describe, expect, it } from "vitest";
import { codeFrom, type EngineUnderTest, eachCase, historyOf, listed } from "./harness.ts";

export function describeDeletes(engine: EngineUnderTest): void {
  describe("delete, purge, revert, compaction", () => {
    const at = eachCase(engine);

    it("D1: delete keeps the older entries", async () => {
      const bucket = await at.bucket({ history: 10 });
      await bucket.put("a", "hello");
      await bucket.put("a", "bye");
      await bucket.delete("a");
      expect(await historyOf(bucket)).toEqual(["PUT:a=hello@1/2", "PUT:a=bye@2/1", "DEL:a=@3/0"]);
    });

    it("D2: conditional delete", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      expect(await codeFrom(() => bucket.delete("a", { expectedRevision: 100 }))).toBe("WRONG_REVISION");
      expect((await bucket.get("a"))?.string()).toBe("1");
      expect(await codeFrom(() => bucket.delete("a", { expectedRevision: 0 }))).toBe("WRONG_REVISION");
      expect(await bucket.delete("a", { expectedRevision: 1 })).toBe(2);
      expect(await bucket.get("a")).toBeNull();
    });

    it("D3: purge leaves one marker", async () => {
      const bucket = await at.bucket({ history: 64 });
      for (const value of ["1", "2", "3"]) await bucket.put("a", value);
      await bucket.purge("a");
      expect(await historyOf(bucket)).toEqual(["PURGE:a=@4/0"]);
      expect((await bucket.status()).values).toBe(1);
      await bucket.put("a", "5");
      expect(await historyOf(bucket)).toEqual(["PURGE:a=@4/1", "PUT:a=5@5/0"]);
    });

    it("D4: conditional purge", async () => {
      const bucket = await at.bucket({ history: 5 });
      await bucket.put("a", "1");
      await bucket.put("a", "2");
      expect(await codeFrom(() => bucket.purge("a", { expectedRevision: 1 }))).toBe("WRONG_REVISION");
      expect(await historyOf(bucket)).toEqual(["PUT:a=1@1/1", "PUT:a=2@2/0"]);
      expect(await bucket.purge("a", { expectedRevision: 2 })).toBe(3);
      expect((await bucket.entry("a"))?.operation).toBe("PURGE");
    });

    it("D5: what never existed can be deleted and purged", async () => {
      const bucket = await at.bucket();
      expect(await bucket.delete("ghost")).toBe(1);
      expect((await bucket.entry("ghost"))?.operation).toBe("DEL");
      expect(await listed(bucket.keys())).toEqual([]);
      expect(await bucket.purge("ghost2")).toBe(2);
      expect((await bucket.entry("ghost2"))?.operation).toBe("PURGE");
    });

    it("D6: with history 1 the marker takes the place of the value", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      await bucket.delete("a");
      expect(await historyOf(bucket)).toEqual(["DEL:a=@2/0"]);
      expect(await bucket.get("a", { revision: 1 })).toBeNull();
    });

    it("D7: delete by filter marks every live key that matches", async () => {
      const bucket = await at.bucket({ history: 10 });
      for (const key of ["a", "a.a", "a.b", "a.b.c"]) await bucket.put(key, "value");
      expect(await bucket.delete("a.*")).toBe(6);
      expect(await listed(bucket.keys())).toEqual(["a", "a.b.c"]);
      expect((await bucket.entry("a.a"))?.operation).toBe("DEL");
      expect((await bucket.entry("a.b"))?.operation).toBe("DEL");
      expect(await bucket.delete("a.*")).toBe(0);
      expect(await codeFrom(() => bucket.delete("a.*", { expectedRevision: 1 }))).toBe("INVALID_ARGUMENT");
    });

    it("D7: delete by filter of more keys than fit into one transaction", async () => {
      const bucket = await at.bucket();
      const keys = Array.from({ length: 1500 }, (_, index) => `many.${index}`);
      await Promise.all([...keys, "other"].map((key) => bucket.put(key, "value")));
      expect(await bucket.delete("many.*")).toBe(3001);
      expect(await listed(bucket.keys())).toEqual(["other"]);
    });

    it("D8: revert puts the old value again", async () => {
      const bucket = await at.bucket({ history: 5 });
      await bucket.put("a", "old");
      await bucket.put("a", "new");
      expect(await bucket.revert("a", 1)).toBe(3);
      expect((await bucket.get("a"))?.string()).toBe("old");
      expect(await historyOf(bucket)).toHaveLength(3);
    });

    it("D8: revert may be conditional", async () => {
      const bucket = await at.bucket({ history: 5 });
      await bucket.put("a", "old");
      await bucket.put("a", "new");
      expect(await codeFrom(() => bucket.revert("a", 1, { expectedRevision: 1 }))).toBe("WRONG_REVISION");
      expect(await bucket.revert("a", 1, { expectedRevision: 2 })).toBe(3);
    });

    it("D9: what is not kept cannot be reverted to", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "old");
      await bucket.put("a", "new");
      await bucket.put("b", "other");
      for (const revision of [1, 3, 99]) {
        expect(await codeFrom(() => bucket.revert("a", revision))).toBe("KEY_NOT_FOUND");
      }
    });

    it("D10: purgeDeletes drops old markers, and what is before younger ones", async () => {
      const bucket = await at.bucket({ history: 5 });
      for (const key of ["a", "b", "c", "d"]) await bucket.put(key, "value");
      await bucket.delete("a");
      await bucket.delete("c");
      await bucket.delete("d");
      await bucket.put("d", "again");
      await at.running.elapse(1000);
      await bucket.delete("b");
      await bucket.purgeDeletes(700);
      expect(await bucket.entry("a")).toBeNull();
      expect(await bucket.entry("c")).toBeNull();
      expect(await historyOf(bucket, "b")).toEqual(["DEL:b=@9/0"]);
      // A key that lives again keeps all it has.
      expect(await historyOf(bucket, "d")).toEqual(["PUT:d=value@4/2", "DEL:d=@7/1", "PUT:d=again@8/0"]);
      const heard: number[] = [];
      await bucket.purgeDeletes(0, { progress: (done, expected) => heard.push(done / expected) });
      expect(heard.at(-1)).toBe(1);
      expect(await bucket.entry("b")).toBeNull();
      expect((await bucket.status()).values).toBe(3);
    });
  });
}
