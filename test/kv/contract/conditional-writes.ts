import { describe, expect, it } from "vitest";
import { codeFrom, type EngineUnderTest, eachCase, historyOf } from "./harness.ts";

export function describeConditionalWrites(engine: EngineUnderTest): void {
  describe("create, update, compare and set", () => {
    const at = eachCase(engine);

    it("C1: create only what does not exist", async () => {
      const bucket = await at.bucket();
      expect(await bucket.create("a", "1")).toBe(1);
      expect(await codeFrom(() => bucket.create("a", "2"))).toBe("KEY_EXISTS");
      expect((await bucket.get("a"))?.string()).toBe("1");
    });

    it("C2: create after a delete", async () => {
      const bucket = await at.bucket();
      await bucket.create("a", "1");
      await bucket.delete("a");
      expect(await bucket.create("a", "2")).toBe(3);
      expect((await bucket.get("a"))?.string()).toBe("2");
    });

    it("C3: create after a purge", async () => {
      const bucket = await at.bucket({ history: 5 });
      await bucket.create("a", "1");
      await bucket.purge("a");
      await bucket.create("a", "2");
      expect(await historyOf(bucket)).toEqual(["PURGE:a=@2/1", "PUT:a=2@3/0"]);
    });

    it("C4: update with the right revision", async () => {
      const bucket = await at.bucket();
      const revision = await bucket.put("a", "1");
      expect(await bucket.update("a", "2", revision)).toBe(revision + 1);
    });

    it("C5: update with the wrong revision", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      expect(await codeFrom(() => bucket.update("a", "2", 100))).toBe("WRONG_REVISION");
      expect((await bucket.get("a"))?.string()).toBe("1");
      expect(await bucket.update("a", "2", 1)).toBe(2);
    });

    it("C6: update of what does not exist, and revisions that cannot be", async () => {
      const bucket = await at.bucket();
      expect(await codeFrom(() => bucket.update("a", "1", 1))).toBe("WRONG_REVISION");
      for (const revision of [0, -1, 1.5, Number.NaN]) {
        expect(await codeFrom(() => bucket.update("a", "1", revision))).toBe("INVALID_ARGUMENT");
      }
      expect(await codeFrom(() => bucket.put("a", "1", { expectedRevision: -1 }))).toBe("INVALID_ARGUMENT");
      expect(await codeFrom(() => bucket.get("a", { revision: 0 }))).toBe("INVALID_ARGUMENT");
    });

    it("C7: a failed write takes no revision", async () => {
      const bucket = await at.bucket();
      await bucket.create("a", "1");
      await codeFrom(() => bucket.create("a", "2"));
      await codeFrom(() => bucket.update("a", "2", 7));
      expect(await bucket.put("b", "1")).toBe(2);
    });

    it("C8: an update after a delete takes the marker's revision", async () => {
      const bucket = await at.bucket();
      const before = await bucket.put("a", "1");
      const marker = await bucket.delete("a");
      expect(await codeFrom(() => bucket.update("a", "2", before))).toBe("WRONG_REVISION");
      expect(await bucket.update("a", "2", marker)).toBe(3);
    });

    it("C9: of 20 creates at once one wins", async () => {
      const bucket = await at.bucket();
      const all = Array.from({ length: 20 }, (_, index) => codeFrom(() => bucket.create("a", String(index))));
      const results = await Promise.all(all);
      expect(results.filter((result) => result === "nothing")).toHaveLength(1);
      expect(results.filter((result) => result === "KEY_EXISTS")).toHaveLength(19);
    });

    it("C10: of 20 updates at once one wins", async () => {
      const bucket = await at.bucket();
      const revision = await bucket.put("a", "1");
      const all = Array.from({ length: 20 }, (_, index) =>
        codeFrom(() => bucket.update("a", String(index), revision)),
      );
      const results = await Promise.all(all);
      expect(results.filter((result) => result === "nothing")).toHaveLength(1);
      expect(results.filter((result) => result === "WRONG_REVISION")).toHaveLength(19);
      expect((await bucket.get("a"))?.revision).toBe(revision + 1);
    });

    it("C12: a marker counts as an entry for expectedRevision 0, not for create", async () => {
      const bucket = await at.bucket();
      await bucket.delete("a");
      expect(await codeFrom(() => bucket.put("a", "1", { expectedRevision: 0 }))).toBe("WRONG_REVISION");
      expect(await bucket.create("a", "1")).toBe(2);
      expect(await bucket.put("b", "1", { expectedRevision: 0 })).toBe(3);
    });
  });
}
