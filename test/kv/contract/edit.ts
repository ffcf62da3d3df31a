import { describe, expect, it } from "vitest";
import type { BucketConfig, BucketStatus } from "../../../src/kv/store.ts";
import {
  codeFrom,
  type EngineUnderTest,
  eachCase,
  historyOf,
  initial,
  listed,
  overwriteInFullBucket,
  supports,
  taken,
} from "./harness.ts";

/** Without how far its replicas are, which changes by itself. */
function steady({ cluster: _, ...status }: BucketStatus): Omit<BucketStatus, "cluster"> {
  return status;
}

export function describeEdits(engine: EngineUnderTest): void {
  describe("editing a bucket", () => {
    const at = eachCase(engine);

    it("only what is given changes", async () => {
      const config = { history: 3, ttlMs: 3_600_000, description: "before", maxValueSize: 100 };
      await (await at.store.createBucket("B", config)).put("a", "1");
      const edited = await at.store.editBucket("B", { description: "after", ttlMs: undefined as never });
      expect(edited).toMatchObject({ ...config, description: "after", bucket: "B", values: 1, revision: 1 });
      expect(steady(await (await at.store.openBucket("B")).status())).toEqual(steady(edited));
      expect((await at.store.editBucket("B", { description: "" })).description).toBe("");
      await at.store.createBucket("B", { ...config, description: "" });
    });

    it("what is so already, and nothing at all, is no change", async () => {
      const bucket = await at.store.createBucket("B", { history: 3, storage: "memory" });
      const before = steady(await bucket.status());
      expect(steady(await at.store.editBucket("B", { history: 3, storage: "memory" }))).toEqual(before);
      expect(steady(await at.store.editBucket("B", {}))).toEqual(before);
    });

    it("a bucket that is not there", async () => {
      expect(await codeFrom(() => at.store.editBucket("nobody", { history: 2 }))).toBe("BUCKET_NOT_FOUND");
      expect(await codeFrom(() => at.store.editBucket("a.b", { history: 2 }))).toBe("INVALID_BUCKET");
    });

    it.each<readonly [Partial<BucketConfig> & { nonsense?: number }, string]>([
      [{ history: 65 }, "INVALID_CONFIG"],
      [{ ttlMs: 50 }, "INVALID_CONFIG"],
      [{ metadata: { _nats: "x" } }, "INVALID_CONFIG"],
      [{ nonsense: 1 }, "INVALID_CONFIG"],
      [{ storage: "memory" as const }, "UNSUPPORTED"],
      // A cluster takes it.
      ...(engine.replicas ? [] : [[{ replicas: 3 }, "UNSUPPORTED"] as const]),
    ])("%j is refused, and nothing of it is done", async (changes, code) => {
      const bucket = await at.bucket({ history: 2 });
      for (const value of ["1", "2"]) await bucket.put("a", value);
      expect(
        await codeFrom(() => at.store.editBucket(bucket.name, { description: "x", history: 1, ...changes })),
      ).toBe(code);
      expect(await bucket.status()).toMatchObject({ history: 2, description: "", values: 2 });
    });

    it("a lower history drops what is beyond it, a higher one keeps more from then on", async () => {
      const bucket = await at.bucket({ history: 5 });
      for (const value of ["1", "2", "3", "4", "5"]) await bucket.put("a", value);
      for (const value of ["6", "7"]) await bucket.put("b", value);
      const edited = await at.store.editBucket(bucket.name, { history: 2 });
      expect(edited).toMatchObject({ history: 2, values: 4, revision: 7 });
      expect(await historyOf(bucket, "a")).toEqual(["PUT:a=4@4/1", "PUT:a=5@5/0"]);
      expect(await bucket.get("a", { revision: 3 })).toBeNull();
      expect(await codeFrom(() => bucket.revert("a", 3))).toBe("KEY_NOT_FOUND");
      await bucket.put("a", "8");
      expect(await historyOf(bucket, "a")).toEqual(["PUT:a=5@5/1", "PUT:a=8@8/0"]);
      await at.store.editBucket(bucket.name, { history: 3 });
      for (const value of ["9", "10"]) await bucket.put("a", value);
      expect(await historyOf(bucket, "a")).toEqual(["PUT:a=8@8/2", "PUT:a=9@9/1", "PUT:a=10@10/0"]);
      expect((await at.store.editBucket(bucket.name, { history: 1 })).values).toBe(2);
      const all = ["PUT:b=7@7/0", "PUT:a=10@10/0", "READY"];
      expect(await initial(bucket.watch(">", { includeHistory: true }))).toEqual(all);
      expect(await initial(bucket.watch(">", { resumeFromRevision: 1 }))).toEqual(all);
    });

    it("writes that were called before are in, those after follow the change", async () => {
      const bucket = await at.bucket({ history: 3 });
      await bucket.put("a", "1");
      const before = bucket.put("a", "2");
      const edited = at.store.editBucket(bucket.name, { history: 1 });
      expect([await before, (await edited).values, await bucket.put("a", "3")]).toEqual([2, 1, 3]);
      expect(await historyOf(bucket)).toEqual(["PUT:a=3@3/0"]);
    });

    it("a ttl holds for the entries that are there", async () => {
      const bucket = await at.bucket();
      const other = await at.store.openBucket(bucket.name);
      await bucket.put("a", "1");
      await at.store.editBucket(bucket.name, { ttlMs: 1000 });
      await at.running.elapse(1600);
      expect(await other.get("a")).toBeNull();
      expect(await bucket.status()).toMatchObject({ values: 0, ttlMs: 1000 });
      await bucket.put("b", "2");
      await at.store.editBucket(bucket.name, { ttlMs: 0 });
      await at.running.elapse(1600);
      expect(await other.get("b")).not.toBeNull();
    });

    it("a longer ttl, and a shorter one that is over already", async () => {
      const bucket = await at.bucket({ ttlMs: 1000 });
      await bucket.put("a", "1");
      await at.store.editBucket(bucket.name, { ttlMs: 60_000 });
      await at.running.elapse(1600);
      expect(await listed(bucket.keys())).toEqual(["a"]);
      await at.store.editBucket(bucket.name, { ttlMs: 1000 });
      await at.running.elapse(600);
      expect(await listed(bucket.keys())).toEqual([]);
      expect((await bucket.status()).values).toBe(0);
    });

    it("maxValueSize holds for writes of every handle", async () => {
      const bucket = await at.bucket({ maxValueSize: 5 });
      await bucket.put("a", "12345");
      await at.store.editBucket(bucket.name, { maxValueSize: 3 });
      expect(await codeFrom(() => bucket.put("a", "1234"))).toBe("VALUE_TOO_LARGE");
      expect((await bucket.get("a"))?.string()).toBe("12345");
      expect(await bucket.put("a", "123")).toBe(2);
      const edited = await at.store.editBucket(bucket.name, { maxValueSize: -1 });
      expect(edited).toMatchObject({ maxValueSize: -1, metadata: {} });
      expect(await bucket.put("a", "x".repeat(100_000))).toBe(3);
    });

    it("maxBytes below what is stored keeps all, and takes nothing that adds to it", async () => {
      const bucket = await at.bucket();
      for (const key of ["a", "b", "c"]) await bucket.put(key, "0123456789");
      const edit = () => at.store.editBucket(bucket.name, { maxBytes: 40 });
      if (engine.lacks?.includes("maxBytes")) {
        expect(await codeFrom(edit)).toBe("UNSUPPORTED");
        expect(await bucket.status()).toMatchObject({ values: 3, maxBytes: -1 });
        return;
      }
      expect(await edit()).toMatchObject({ values: 3, maxBytes: 40 });
      expect(await codeFrom(() => bucket.put("d", "1"))).toBe("BUCKET_FULL");
      const revision = await overwriteInFullBucket(engine, bucket, "a");
      expect(revision).toBe(engine.replicas ? 3 : 4);
      await at.store.editBucket(bucket.name, { maxBytes: -1 });
      expect(await bucket.put("d", "1")).toBe(revision + 1);
      expect(await listed(bucket.keys())).toEqual(["a", "b", "c", "d"]);
    });

    it("metadata is replaced, and what it does not touch stays", async () => {
      const config = { metadata: { owner: "ops", tier: "1" }, maxValueSize: 5 };
      if (!(await supports(engine, "metadata", at, config))) return;
      const { name } = await at.bucket(config);
      const edited = await at.store.editBucket(name, { metadata: { owner: "dev" } });
      expect(edited).toMatchObject({ metadata: { owner: "dev" }, maxValueSize: 5 });
      expect(await at.store.editBucket(name, { maxValueSize: 6 })).toMatchObject({
        metadata: { owner: "dev" },
        maxValueSize: 6,
      });
      expect((await at.store.editBucket(name, { metadata: {} })).metadata).toEqual({});
    });

    it("compression can be turned on and off", async () => {
      if (!(await supports(engine, "compression", at, { compression: true }))) return;
      const bucket = await at.bucket();
      const text = "all work and no play ".repeat(1000);
      await bucket.put("a", text);
      expect((await at.store.editBucket(bucket.name, { compression: true })).compression).toBe(true);
      await bucket.put("b", text);
      expect((await at.store.editBucket(bucket.name, { compression: false })).compression).toBe(false);
      for (const key of ["a", "b"]) expect((await bucket.get(key))?.string()).toBe(text);
    });

    it("markerTtlMs can be added and changed, not turned off", async () => {
      const bucket = await at.bucket({ ttlMs: 2000 });
      await bucket.put("old", "1");
      const add = () => at.store.editBucket(bucket.name, { markerTtlMs: 60_000 });
      if (engine.lacks?.includes("markers")) {
        expect(await codeFrom(add)).toBe("UNSUPPORTED");
        expect(await codeFrom(() => bucket.create("a", "1", { ttlMs: 1000 }))).toBe("TTL_UNSUPPORTED");
        return;
      }
      expect(await codeFrom(() => bucket.create("a", "1", { ttlMs: 1000 }))).toBe("TTL_UNSUPPORTED");
      await using watch = bucket.watch();
      expect(await taken(watch, 2)).toEqual(["PUT:old=1@1/0", "READY"]);
      expect((await add()).markerTtlMs).toBe(60_000);
      expect(await bucket.create("a", "1", { ttlMs: 1000 })).toBe(2);
      await at.running.elapse(2600);
      const seen = await taken(watch, 3);
      expect(seen).toEqual(["PUT:a=1@2/0", "PURGE:a=@3/0", "PURGE:old=@4/0"]);
      expect((await at.store.editBucket(bucket.name, { markerTtlMs: 30_000 })).markerTtlMs).toBe(30_000);
      expect(await codeFrom(() => at.store.editBucket(bucket.name, { markerTtlMs: 0 }))).toBe("UNSUPPORTED");
    });

    it("a life of its own outlives a bucket's ttl that was shorter", async () => {
      if (engine.lacks?.includes("markers")) return;
      const bucket = await at.bucket({ ttlMs: 1000, markerTtlMs: 60_000 });
      await bucket.create("a", "1", { ttlMs: 3000 });
      await bucket.put("b", "1");
      expect((await bucket.get("a"))?.ttlMs).toBeUndefined();
      await at.store.editBucket(bucket.name, { ttlMs: 0 });
      expect((await bucket.get("a"))?.ttlMs).toBe(3000);
      await at.running.elapse(1600);
      expect(await listed(bucket.keys())).toEqual(["a", "b"]);
      await at.running.elapse(2000);
      expect(await listed(bucket.keys())).toEqual(["b"]);
    });
  });
}
