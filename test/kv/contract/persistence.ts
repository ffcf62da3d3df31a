import { describe, expect, it } from "vitest";
import { type EngineUnderTest, eachCase, historyOf, initial } from "./harness.ts";

export function describePersistence(engine: EngineUnderTest): void {
  describe("persistence", () => {
    const at = eachCase(engine);

    it("R1: everything is there after reopening", async () => {
      const bucket = await at.store.createBucket("B", { history: 5 });
      await bucket.put("a", "1");
      await bucket.put("a", "2");
      await bucket.delete("b");
      const again = await (await at.running.reopen()).openBucket("B");
      expect((await again.get("a"))?.string()).toBe("2");
      expect(await historyOf(again)).toEqual(["PUT:a=1@1/2", "PUT:a=2@2/1", "DEL:b=@3/0"]);
      expect(await again.status()).toMatchObject({ history: 5, values: 3, revision: 3 });
      expect(await initial(again.watch(">", { resumeFromRevision: 2 }))).toEqual([
        "PUT:a=2@2/0",
        "DEL:b=@3/0",
        "READY",
      ]);
      expect(await again.put("c", "4")).toBe(4);
    });

    it("R2: a bucket made again starts anew", async () => {
      const bucket = await at.store.createBucket("B", { history: 5 });
      for (let index = 0; index < 5000; index++) void bucket.put(`key${index}`, "v");
      await bucket.put("a", "1");
      await at.store.destroyBucket("B");
      const again = await at.store.createBucket("B", { history: 5 });
      expect(await again.get("a")).toBeNull();
      expect(await again.put("a", "1")).toBe(1);
      expect(await (await (await at.running.reopen()).openBucket("B")).status()).toMatchObject({ values: 1 });
    });

    it("opened again, a bucket is the one of that name that is there now", async () => {
      await at.store.createBucket("B");
      const first = await at.store.openBucket("B");
      await first.put("a", "1");
      await at.store.destroyBucket("B");
      await at.store.createBucket("B", { history: 5 });
      const second = await at.store.openBucket("B");
      expect(await second.get("a")).toBeNull();
      expect(await second.put("a", "2")).toBe(1);
      await at.store.editBucket("B", { maxValueSize: 3 });
      const third = await at.store.openBucket("B");
      await expect(third.put("a", "four")).rejects.toMatchObject({ code: "VALUE_TOO_LARGE" });
    });
  });
}
