import { describe, expect, it } from "vitest";
import { codeFrom, type EngineUnderTest, eachCase, listed, shown } from "./harness.ts";

export function describePutAndGet(engine: EngineUnderTest): void {
  describe("put and get", () => {
    const at = eachCase(engine);

    it("P1: revisions count the writes of the bucket", async () => {
      const bucket = await at.bucket();
      expect(await bucket.put("a", "1")).toBe(1);
      expect(await bucket.put("b", "2")).toBe(2);
      expect(await bucket.put("a", "3")).toBe(3);
      expect((await bucket.get("b", { revision: 2 }))?.string()).toBe("2");
    });

    it("P2: an entry says all about itself", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "hello");
      const entry = await bucket.get("a");
      expect(entry).toMatchObject({
        bucket: bucket.name,
        key: "a",
        revision: 1,
        operation: "PUT",
        delta: 0,
        length: 5,
      });
      expect(entry?.string()).toBe("hello");
      expect(entry?.created).toBeInstanceOf(Date);
      expect(Math.abs((entry?.created.getTime() ?? 0) - at.running.now())).toBeLessThan(5000);
      expect(Object.isFrozen(entry)).toBe(true);
    });

    it("P3: nothing is null", async () => {
      const bucket = await at.bucket();
      expect(await bucket.get("x")).toBeNull();
      expect(await bucket.entry("x")).toBeNull();
    });

    it("P4: older revisions stay readable", async () => {
      const bucket = await at.bucket({ history: 5 });
      for (const value of ["1", "2", "3", "4"]) await bucket.put("a", value);
      expect((await bucket.get("a", { revision: 3 }))?.string()).toBe("3");
      expect((await bucket.get("a"))?.string()).toBe("4");
    });

    it("P6: beyond the history they are gone", async () => {
      const bucket = await at.bucket({ history: 3 });
      for (const value of ["a", "b", "c", "d"]) await bucket.put("key", value);
      expect(await bucket.get("key", { revision: 1 })).toBeNull();
      expect((await bucket.get("key", { revision: 2 }))?.string()).toBe("b");
    });

    it("P7: a future revision, or one of another key, is null", async () => {
      const bucket = await at.bucket();
      const revision = await bucket.put("a", "1");
      await bucket.put("b", "1");
      expect(await bucket.get("a", { revision: revision + 1 })).toBeNull();
      expect(await bucket.get("a", { revision: revision + 2 })).toBeNull();
    });

    it("P8: get does not see a delete marker, entry does", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      await bucket.delete("a");
      expect(await bucket.get("a")).toBeNull();
      expect(await bucket.get("a", { revision: 2 })).toBeNull();
      const entry = await bucket.entry("a");
      expect(entry).toMatchObject({ operation: "DEL", revision: 2, length: 0 });
      expect(entry?.string()).toBe("");
      expect((await bucket.entry("a", { revision: 2 }))?.operation).toBe("DEL");
    });

    it("P9: nor a purge marker", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      await bucket.purge("a");
      expect(await bucket.get("a")).toBeNull();
      expect((await bucket.entry("a"))?.operation).toBe("PURGE");
    });

    it("P10: an empty value is a value", async () => {
      const bucket = await at.bucket();
      await bucket.put("x", "");
      expect(await bucket.get("x")).toMatchObject({ operation: "PUT", length: 0 });
      expect(await listed(bucket.keys())).toEqual(["x"]);
    });

    it("P11: bytes and text come back as they were", async () => {
      const bucket = await at.bucket();
      const bytes = Uint8Array.of(0x00, 0xff, 0x0a, 0x0d, 0x01);
      await bucket.put("bytes", bytes);
      expect((await bucket.get("bytes"))?.value).toEqual(bytes);
      await bucket.put("text", "Mężny ☃");
      expect((await bucket.get("text"))?.length).toBe(11);
      expect((await bucket.get("text"))?.string()).toBe("Mężny ☃");
    });

    it("P11: bytes of which the store could be fond come back too", async () => {
      const bucket = await at.bucket();
      const ones = new Uint8Array(700).fill(1);
      await bucket.put("ones", ones);
      expect((await bucket.get("ones"))?.value).toEqual(ones);
    });

    it("P12: json", async () => {
      const bucket = await at.bucket();
      await bucket.put("number", "5");
      await bucket.put("list", '["hello",5]');
      await bucket.put("text", "notjson");
      expect((await bucket.get("number"))?.json()).toBe(5);
      expect((await bucket.get("list"))?.json()).toEqual(["hello", 5]);
      expect((await bucket.get("number"))?.json((_key, value) => `${value}!`)).toBe("5!");
      const text = await bucket.get("text");
      expect(() => text?.json()).toThrow(SyntaxError);
    });

    it("P13: changing the bytes after the call changes nothing", async () => {
      const bucket = await at.bucket();
      const bytes = Uint8Array.of(1, 2, 3);
      const written = bucket.put("a", bytes);
      bytes.fill(9);
      await written;
      expect((await bucket.get("a"))?.value).toEqual(Uint8Array.of(1, 2, 3));
    });

    it("P14: text and its bytes are stored alike", async () => {
      const bucket = await at.bucket();
      await bucket.put("text", "hello");
      await bucket.put("bytes", new TextEncoder().encode("hello"));
      expect((await bucket.get("text"))?.value).toEqual((await bucket.get("bytes"))?.value);
    });

    it("P15: created never goes back", async () => {
      const bucket = await at.bucket({ history: 3 });
      const revisions = await Promise.all(["1", "2", "3"].map((value) => bucket.put("a", value)));
      expect(revisions).toEqual([1, 2, 3]);
      const times = (await listed(bucket.history())).map(({ created }) => created.getTime());
      expect(times).toEqual(times.toSorted((left, right) => left - right));
    });

    it("P17: a stale read answers as any other where there is one replica", async () => {
      const bucket = await at.bucket({ history: 3 });
      const stale = { stale: true };
      expect(await bucket.get("a", stale)).toBeNull();
      await bucket.put("a", "1");
      await bucket.put("b.c", "2");
      await bucket.delete("a");
      expect(await bucket.get("a", stale)).toBeNull();
      expect(await bucket.entry("a", stale)).toEqual(await bucket.entry("a"));
      expect(await bucket.get("b.c", stale)).toEqual(await bucket.get("b.c"));
      expect(await bucket.get("a", { revision: 1, ...stale })).toEqual(
        await bucket.get("a", { revision: 1 }),
      );
      expect(await bucket.get("b.c", { revision: 1, ...stale })).toBeNull();
      expect(await bucket.get("a", { revision: 99, ...stale })).toBeNull();
      expect(await codeFrom(() => bucket.get("no key", stale))).toBe("INVALID_KEY");
      await at.store.destroyBucket(bucket.name);
      expect(await codeFrom(() => bucket.get("a", stale))).toBe("BUCKET_NOT_FOUND");
    });

    it("P16: many writes at once are all kept", async () => {
      const bucket = await at.bucket();
      const indexes = Array.from({ length: 3000 }, (_, index) => index);
      const revisions = await Promise.all(indexes.map((index) => bucket.put(`key${index}`, String(index))));
      expect(revisions).toEqual(indexes.map((index) => index + 1));
      const entry = await bucket.get("key2999");
      expect(entry && shown(entry)).toBe("PUT:key2999=2999@3000/0");
      expect((await listed(bucket.keys())).length).toBe(3000);
    });
  });
}
