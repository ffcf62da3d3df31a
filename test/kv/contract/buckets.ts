import { describe, expect, it } from "vitest";
import { settle } from "../../simulated-clock.ts";
import {
  codeFrom,
  type EngineUnderTest,
  eachCase,
  listed,
  overwriteInFullBucket,
  supports,
} from "./harness.ts";

export function describeBuckets(engine: EngineUnderTest): void {
  describe("buckets", () => {
    const at = eachCase(engine);

    it("B1: the defaults", async () => {
      expect(await (await at.store.createBucket("B")).status()).toMatchObject({
        bucket: "B",
        history: 1,
        ttlMs: 0,
        values: 0,
        bytes: 0,
        revision: 0,
        maxValueSize: -1,
        maxBytes: -1,
        replicas: engine.replicas ?? 1,
        storage: "file",
        markerTtlMs: 0,
        compression: false,
        description: "",
        metadata: {},
        created: expect.any(Date),
      });
    });

    it("B2: history is 1 to 64", async () => {
      expect((await (await at.bucket({ history: 64 })).status()).history).toBe(64);
      for (const history of [0, -1, 65, 1.5]) {
        expect(await codeFrom(() => at.bucket({ history }))).toBe("INVALID_CONFIG");
      }
    });

    it.each([
      { ttlMs: 50 },
      { ttlMs: -1 },
      { markerTtlMs: 500 },
      { maxValueSize: 0 },
      { maxBytes: 0 },
      { replicas: 2 },
      { metadata: { _nats: "x" } },
    ])("B2: %j is refused", async (config) => {
      expect(await codeFrom(() => at.bucket(config))).toBe("INVALID_CONFIG");
    });

    it("B3: an unknown bucket cannot be opened", async () => {
      expect(await codeFrom(() => at.store.openBucket("nobody"))).toBe("BUCKET_NOT_FOUND");
    });

    it("B4: creating it again with the same settings gives the same bucket", async () => {
      await (await at.store.createBucket("B", { history: 3 })).put("a", "1");
      const again = await at.store.createBucket("B", { history: 3 });
      expect((await again.get("a"))?.string()).toBe("1");
    });

    it("B5: creating it again with other settings is refused", async () => {
      await at.store.createBucket("B", { history: 3 });
      expect(await codeFrom(() => at.store.createBucket("B", { history: 4 }))).toBe("BUCKET_EXISTS");
      expect((await (await at.store.openBucket("B")).status()).history).toBe(3);
    });

    it("B6: buckets are listed by name", async () => {
      await at.store.createBucket("b");
      await at.store.createBucket("a");
      expect((await at.store.listBuckets()).map(({ bucket }) => bucket)).toEqual(["a", "b"]);
    });

    it("B7: a destroyed bucket is gone", async () => {
      await at.store.createBucket("B");
      await at.store.destroyBucket("B");
      expect(await at.store.listBuckets()).toEqual([]);
      expect(await codeFrom(() => at.store.destroyBucket("B"))).toBe("BUCKET_NOT_FOUND");
      expect(await codeFrom(() => at.store.openBucket("B"))).toBe("BUCKET_NOT_FOUND");
    });

    it("B9: an old handle of a destroyed bucket finds nothing, also when it was made again", async () => {
      const old = await at.store.createBucket("B");
      await old.put("a", "1");
      await at.store.destroyBucket("B");
      await (await at.store.createBucket("B")).put("a", "new");
      for (const verb of [
        () => old.watch().next(),
        () => old.get("a"),
        () => old.put("a", "2"),
        () => old.delete("*"),
        () => old.status(),
        () => old.empty(),
        () => listed(old.keys()),
        () => listed(old.history()),
      ]) {
        expect(await codeFrom(verb)).toBe("BUCKET_NOT_FOUND");
      }
    });

    it("B9: a write just before does not bring it back", async () => {
      const old = await at.store.createBucket("B");
      const [revision] = await Promise.all([old.put("a", "1"), at.store.destroyBucket("B")]);
      expect(revision).toBe(1);
      expect(await codeFrom(() => old.status())).toBe("BUCKET_NOT_FOUND");
      expect(await at.store.listBuckets()).toEqual([]);
    });

    it("B10: empty removes all, the revision goes on", async () => {
      const bucket = await at.bucket({ history: 5 });
      for (const key of ["a", "b", "c"]) await bucket.put(key, "value");
      expect((await bucket.status()).values).toBe(3);
      await bucket.empty();
      expect(await bucket.status()).toMatchObject({ values: 0, bytes: 0, revision: 3 });
      expect(await bucket.entry("a")).toBeNull();
      expect(await bucket.put("a", "value")).toBe(4);
    });

    it("B10: empty leaves what is written after the call", async () => {
      const bucket = await at.bucket();
      const keys = Array.from({ length: 2000 }, (_, index) => `key${index}`);
      await Promise.all(keys.map((key) => bucket.put(key, "old")));
      const emptied = bucket.empty();
      await Promise.all([bucket.put("key1999", "new"), emptied]);
      expect(await listed(bucket.keys())).toEqual(["key1999"]);
      expect((await bucket.status()).values).toBe(1);
    });

    it("B11: bytes grow with what is stored and go back to 0", async () => {
      const bucket = await at.bucket();
      expect((await bucket.status()).bytes).toBe(0);
      await bucket.put("a", "value");
      const one = (await bucket.status()).bytes;
      expect(one).toBeGreaterThan(5);
      await bucket.put("a", "value");
      expect((await bucket.status()).bytes).toBe(one);
      await bucket.empty();
      expect((await bucket.status()).bytes).toBe(0);
    });

    it("B12: values counts what history keeps", async () => {
      const bucket = await at.bucket({ history: 2 });
      for (const value of ["1", "2", "3", "4"]) await bucket.put("A", value);
      expect((await bucket.status()).values).toBe(2);
    });

    it("B13: metadata comes back", async () => {
      const metadata = { hello: "world" };
      if (!(await supports(engine, "metadata", at, { metadata }))) return;
      expect((await (await at.bucket({ metadata })).status()).metadata).toEqual(metadata);
    });

    it("B14: description, storage and ttl come back", async () => {
      const config = { description: "what it is for", storage: "memory", ttlMs: 3_600_000 } as const;
      expect(await (await at.bucket(config)).status()).toMatchObject(config);
    });

    it("B15: compression comes back, and values are what they were", async () => {
      if (!(await supports(engine, "compression", at, { compression: true }))) return;
      const bucket = await at.bucket({ compression: true });
      expect((await bucket.status()).compression).toBe(true);
      const text = "all work and no play ".repeat(1000);
      await bucket.put("long", text);
      await bucket.put("short", "text");
      const long = await bucket.get("long");
      expect(long?.string()).toBe(text);
      expect(long?.length).toBe(text.length);
      expect((await bucket.get("short"))?.string()).toBe("text");
    });

    it("B16: a full bucket refuses new keys and keeps all it has", async () => {
      if (!(await supports(engine, "maxBytes", at, { maxBytes: 400 }))) return;
      const bucket = await at.bucket({ maxBytes: 400 });
      const written: string[] = [];
      const write = async (): Promise<void> => {
        for (let index = 0; index < 100; index++) {
          await bucket.put(`key${index}`, "0123456789");
          written.push(`key${index}`);
        }
      };
      expect(await codeFrom(write)).toBe("BUCKET_FULL");
      expect(written.length).toBeGreaterThan(2);
      expect(await listed(bucket.keys())).toEqual(written.toSorted());
      expect((await bucket.status()).bytes).toBeLessThanOrEqual(400);
      const isReplicated = (engine.replicas ?? 1) > 1;
      expect(await overwriteInFullBucket(engine, bucket, "key0")).toBe(
        written.length + (isReplicated ? 0 : 1),
      );
    });

    it("maxValueSize: a larger value is refused", async () => {
      const bucket = await at.bucket({ maxValueSize: 5 });
      expect(await codeFrom(() => bucket.put("a", "123456"))).toBe("VALUE_TOO_LARGE");
      expect(await bucket.create("a", "12345")).toBe(1);
      expect(await bucket.delete("a")).toBe(2);
    });

    it("whenBucketExists: at once for one that is there, later for one that is made, never for another", async () => {
      const { signal } = new AbortController();
      await at.store.createBucket("A");
      await at.store.whenBucketExists("A", signal);
      let isThere = false;
      const appears = at.store.whenBucketExists("B", signal).then(() => {
        isThere = true;
      });
      await at.store.createBucket("C");
      await settle();
      expect(isThere).toBe(false);
      await at.store.createBucket("B");
      await appears;
    });

    it("whenBucketExists: ends with the signal, and with the store", async () => {
      const controller = new AbortController();
      const aborted = at.store.whenBucketExists("B", controller.signal);
      const closed = at.store.whenBucketExists("B", new AbortController().signal);
      controller.abort(new Error("no longer wanted"));
      await expect(aborted).rejects.toThrow("no longer wanted");
      const refused = expect(closed).rejects.toMatchObject({ code: "STORE_CLOSED" });
      await at.store.close();
      await refused;
    });

    it("close: later calls fail, and closing again is no fault", async () => {
      const bucket = await at.bucket();
      const accepted = bucket.put("a", "1");
      await at.store.close();
      expect(await accepted).toBe(1);
      await at.store.close();
      for (const verb of [
        () => bucket.put("a", "2"),
        () => bucket.get("a"),
        () => listed(bucket.keys()),
        () => listed(bucket.history()),
        () => bucket.watch().next(),
        () => bucket.status(),
        () => at.store.openBucket("B"),
        () => at.store.createBucket("B"),
        () => at.store.listBuckets(),
      ]) {
        expect(await codeFrom(verb)).toBe("STORE_CLOSED");
      }
    });
  });
}
