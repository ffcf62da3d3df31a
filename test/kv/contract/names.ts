import { describe, expect, it } from "vitest";
import { codeFrom, type EngineUnderTest, eachCase, listed } from "./harness.ts";

const badKeys = [
  " x y",
  "x ",
  "x!",
  "xx$",
  "*",
  ">",
  "x.>",
  "x.*",
  ".",
  ".x",
  ".x.",
  "x.",
  "",
  "???",
  "a..b",
  "ä",
  "a\n",
];

export function describeNames(engine: EngineUnderTest): void {
  describe("names", () => {
    const at = eachCase(engine);

    it.each(["B", "b", "123", "1_2_3", "1-2-3"])("N1: %s is a bucket name", async (name) => {
      expect((await at.store.createBucket(name)).name).toBe(name);
    });

    it.each([" B", "!", "x/y", "x>", "x.x", "x.*", "x.>", "x*", "*", ">", "", "a\n", "B".repeat(253)])(
      "N2: %j is no bucket name",
      async (name) => {
        expect(await codeFrom(() => at.store.createBucket(name))).toBe("INVALID_BUCKET");
        expect(await codeFrom(() => at.store.openBucket(name))).toBe("INVALID_BUCKET");
        expect(await codeFrom(() => at.store.destroyBucket(name))).toBe("INVALID_BUCKET");
        expect(await at.store.listBuckets()).toEqual([]);
      },
    );

    it.each(["foo", "_foo", "-foo", "foo123", "123", "a/b/c", "a.b.c", "a=b", "k".repeat(1024)])(
      "N3: %s is a key",
      async (key) => {
        const bucket = await at.bucket();
        await bucket.put(key, "value");
        const entry = await bucket.get(key);
        expect(entry?.key).toBe(key);
        expect(entry?.string()).toBe("value");
      },
    );

    it.each([...badKeys, "k".repeat(1025)])("N4: %j is no key for any verb", async (key) => {
      const bucket = await at.bucket();
      // delete takes filters: only what is neither key nor filter fails there.
      const isFilter = ["*", ">", "x.>", "x.*"].includes(key);
      for (const verb of [
        () => bucket.put(key, "value"),
        () => bucket.get(key),
        () => bucket.entry(key),
        () => bucket.create(key, "value"),
        () => bucket.update(key, "value", 1),
        () => bucket.purge(key),
        () => bucket.revert(key, 1),
        ...(isFilter ? [] : [() => bucket.delete(key)]),
      ]) {
        expect(await codeFrom(verb)).toBe("INVALID_KEY");
      }
      expect((await bucket.status()).values).toBe(0);
    });

    it.each(["_kv", "_kv.x", "_kvx"])("N6: %s is reserved", async (key) => {
      const bucket = await at.bucket();
      expect(await codeFrom(() => bucket.put(key, "value"))).toBe("INVALID_KEY");
    });

    it.each(["foo", "foo.bar", "foo.*", "*.bar", "foo.>", "foo.*.bar", "a.b.>", "*", ">", "foo.*.>"])(
      "N7: %s is a filter",
      async (filter) => {
        expect(await listed((await at.bucket()).keys(filter))).toEqual([]);
      },
    );

    it.each(["a*", "a>", ">.a", "a.>.b", "a..b", "", "a.", ">>"])(
      "N7: %j is no filter, in keys, history and watch",
      async (filter) => {
        const bucket = await at.bucket();
        expect(await codeFrom(() => bucket.keys(filter))).toBe("INVALID_KEY");
        expect(await codeFrom(() => bucket.history(filter))).toBe("INVALID_KEY");
        expect(await codeFrom(() => bucket.watch(filter))).toBe("INVALID_KEY");
      },
    );

    it("N7: an empty list of filters is refused", async () => {
      const bucket = await at.bucket();
      expect(await codeFrom(() => bucket.keys([]))).toBe("INVALID_ARGUMENT");
    });

    it("N9: case matters", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      await bucket.put("A", "2");
      expect((await bucket.get("a"))?.string()).toBe("1");
      expect(await listed(bucket.keys())).toEqual(["A", "a"]);
    });

    it("N10: a and a.b are two keys", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      await bucket.put("a.b", "2");
      await bucket.delete("a");
      expect(await listed(bucket.keys())).toEqual(["a.b"]);
      expect((await bucket.get("a.b"))?.string()).toBe("2");
    });
  });
}
