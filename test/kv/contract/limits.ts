import { describe, expect, it } from "vitest";
import { type EngineUnderTest, eachCase, listed } from "./harness.ts";

const longestKey = 1024;
const largestValue = 1_048_576;

export function describeLimits(engine: EngineUnderTest): void {
  describe("limits", () => {
    const at = eachCase(engine);

    it.each([
      ["one token", "k".repeat(longestKey)],
      ["many tokens", `${"k.".repeat(longestKey / 2 - 1)}kk`],
    ])("a key of 1024 bytes, of %s, is a key for every verb", async (_name, key) => {
      const bucket = await at.bucket({ history: 3 });
      expect(key).toHaveLength(longestKey);
      await using watch = bucket.watch(key);
      expect(await bucket.create(key, "1")).toBe(1);
      expect(await bucket.update(key, "2", 1)).toBe(2);
      expect(await bucket.delete(key)).toBe(3);
      expect(await bucket.put(key, "3")).toBe(4);
      expect((await bucket.get(key))?.string()).toBe("3");
      expect(await listed(bucket.keys(key))).toEqual([key]);
      expect((await listed(bucket.history(key))).map(({ revision }) => revision)).toEqual([2, 3, 4]);
      const seen: number[] = [];
      for await (const item of watch) {
        if (item.operation !== "READY" && seen.push(item.revision) && item.revision === 4) break;
      }
      expect(seen.at(-1)).toBe(4);
      expect(await bucket.purge(key)).toBe(5);
    });

    it("one byte more is none, and the message says how long it is", async () => {
      const bucket = await at.bucket();
      await expect(bucket.put("k".repeat(longestKey + 1), "1")).rejects.toMatchObject({
        code: "INVALID_KEY",
        message: expect.stringMatching(/it has 1025 bytes, the limit is 1024/),
      });
    });

    it("by default a value has up to 1 MiB, also under the longest key", async () => {
      const bucket = await at.bucket();
      const key = "k".repeat(longestKey);
      const value = new Uint8Array(largestValue).fill(7);
      expect(await bucket.put(key, value)).toBe(1);
      const entry = await bucket.get(key);
      expect(entry?.length).toBe(largestValue);
      expect(entry && Buffer.from(value).equals(entry.value)).toBe(true);
    });

    it("one byte more is refused, and the message says both sizes", async () => {
      const bucket = await at.bucket();
      const verbs = [
        (value: Uint8Array) => bucket.put("a", value),
        (value: Uint8Array) => bucket.create("a", value),
        (value: Uint8Array) => bucket.update("a", value, 1),
      ];
      for (const verb of verbs) {
        await expect(verb(new Uint8Array(largestValue + 1))).rejects.toMatchObject({
          code: "VALUE_TOO_LARGE",
          message: expect.stringMatching(/has 1048577 bytes, .* at most 1048576/),
        });
      }
      expect((await bucket.status()).values).toBe(0);
    });

    it("more than 650 filters in one watch, in keys and in history", async () => {
      const bucket = await at.bucket();
      const filters = Array.from({ length: 700 }, (_, index) => (index % 2 ? `k${index}` : `k${index}.*`));
      const wanted = filters.map((filter) => filter.replace("*", "x"));
      await Promise.all([...wanted, "other", "k1.x"].map((key) => bucket.put(key, "1")));
      expect(await listed(bucket.keys(filters))).toEqual(wanted.toSorted());
      expect((await listed(bucket.history(filters))).map(({ key }) => key)).toEqual(wanted);
      await using watch = bucket.watch(filters);
      const seen: string[] = [];
      for (;;) {
        const { value: item } = await watch.next();
        if (!item || item.operation === "READY") break;
        seen.push(item.key);
      }
      expect(seen).toEqual(wanted);
      await bucket.put("other", "2");
      await bucket.put("k699", "2");
      expect((await watch.next()).value).toMatchObject({ key: "k699" });
    });
  });
}
