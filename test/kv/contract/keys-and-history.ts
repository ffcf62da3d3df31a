import { describe, expect, it } from "vitest";
import { type EngineUnderTest, eachCase, historyOf, listed } from "./harness.ts";

export function describeKeysAndHistory(engine: EngineUnderTest): void {
  describe("keys and history", () => {
    const at = eachCase(engine);

    it("H1: keys are the live ones, sorted", async () => {
      const bucket = await at.bucket();
      for (const key of ["a", "b", "c.c.c", "a", "b"]) await bucket.put(key, "value");
      await bucket.delete("c.c.c");
      await bucket.put("x", "");
      expect(await listed(bucket.keys())).toEqual(["a", "b", "x"]);
    });

    it("H2: keys by filter", async () => {
      const bucket = await at.bucket();
      for (const key of ["A", "B", "C"]) await bucket.put(key, "value");
      expect(await listed(bucket.keys())).toEqual(["A", "B", "C"]);
      expect(await listed(bucket.keys("A"))).toEqual(["A"]);
      expect(await listed(bucket.keys(["C", "A"]))).toEqual(["A", "C"]);
    });

    it("H2: filters that overlap give each key once", async () => {
      const bucket = await at.bucket();
      for (const key of ["a", "a.b", "a.b.c", "b"]) await bucket.put(key, "value");
      expect(await listed(bucket.keys(["a.>", "a.b", "a.*", "a", "a"]))).toEqual(["a", "a.b", "a.b.c"]);
      expect(await listed(bucket.keys(["*", "a.b.>"]))).toEqual(["a", "a.b.c", "b"]);
    });

    it("H3: an empty bucket has neither", async () => {
      const bucket = await at.bucket();
      expect(await listed(bucket.keys())).toEqual([]);
      expect(await historyOf(bucket, ">")).toEqual([]);
      expect(await historyOf(bucket, "nokey")).toEqual([]);
    });

    it("H4: history with a marker inside", async () => {
      const bucket = await at.bucket({ history: 64 });
      await bucket.put("a", "v1");
      await bucket.put("a", "v2");
      await bucket.delete("a");
      await bucket.put("a", "v3");
      expect(await historyOf(bucket, "a")).toEqual([
        "PUT:a=v1@1/3",
        "PUT:a=v2@2/2",
        "DEL:a=@3/1",
        "PUT:a=v3@4/0",
      ]);
    });

    it("H5: history keeps the newest", async () => {
      const bucket = await at.bucket({ history: 3 });
      for (const value of ["1", "2", "3", "4", "5"]) await bucket.put("a", value);
      expect(await historyOf(bucket)).toEqual(["PUT:a=3@3/2", "PUT:a=4@4/1", "PUT:a=5@5/0"]);
    });

    it("H7: history of several keys", async () => {
      const bucket = await at.bucket({ history: 2 });
      for (const key of ["A", "B", "C", "D"]) await bucket.put(key, "value");
      expect(await historyOf(bucket, ["A", "D"])).toEqual(["PUT:A=value@1/1", "PUT:D=value@4/0"]);
    });

    it("H8: history without values", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "aaa");
      const [entry] = await listed(bucket.history(">", { metaOnly: true }));
      expect(entry).toMatchObject({ length: 3, operation: "PUT" });
      expect(entry?.value).toHaveLength(0);
    });

    it("H9: history is in order of revision, delta counts down", async () => {
      const bucket = await at.bucket();
      for (const key of ["d", "a", "c", "b"]) await bucket.put(key, "v");
      expect(await historyOf(bucket)).toEqual(["PUT:d=v@1/3", "PUT:a=v@2/2", "PUT:c=v@3/1", "PUT:b=v@4/0"]);
    });

    it("H10: a second purge replaces the first", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      await bucket.purge("a");
      await bucket.purge("a");
      expect(await historyOf(bucket)).toEqual(["PURGE:a=@3/0"]);
    });

    it("H11: large buckets come whole", async () => {
      const bucket = await at.bucket({ history: 2 });
      const keys = Array.from({ length: 5000 }, (_, index) => `key${String(index).padStart(5, "0")}`);
      await Promise.all(keys.map((key) => bucket.put(key, "1")));
      await Promise.all(keys.map((key) => bucket.put(key, "2")));
      expect(await listed(bucket.keys())).toEqual(keys);
      const revisions = (await listed(bucket.history())).map(({ revision }) => revision);
      expect(revisions).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1));
    });
  });
}
