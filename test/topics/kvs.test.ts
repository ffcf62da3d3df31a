/** `kvs` as a library beside the built daemon: cases of Less by number. */
import { describe, expect, it } from "vitest";
import { cjs, LessProject } from "./harness.ts";

describe("kvs", () => {
  it("L24: 0, false and the empty text are stored", async () => {
    const less = await LessProject.create({});
    for (const value of [0, false, ""]) {
      await less.kvs.set("k", value);
      expect(await less.kvs.get("k")).toBe(value);
      expect(await less.valueAtDaemon("k")).toBe(value);
    }
  });

  it("L34: a missing key is null", async () => {
    const less = await LessProject.create({});
    await less.kvs.set("k", 1);
    await less.kvs.delete("k");
    for (const key of ["missing", "k"]) {
      expect(await less.kvs.get(key)).toBeNull();
      expect(await less.valueAtDaemon(key)).toBeNull();
      expect(await less.python(`print(kvs.get('${key}'))`)).toBe("None");
    }
  });

  it("L35: refuses in the words of Less", async () => {
    const { kvs } = await LessProject.create({});
    const wrong = (value: unknown): never => value as never;
    const refusals: [Promise<unknown>, string][] = [
      [kvs.get(wrong(undefined)), 'Error: The param "key" must be provided'],
      [kvs.get(""), 'Error: The param "key" must be provided'],
      [kvs.get(wrong(5)), 'Error: The param "key" must be of type string'],
      [kvs.set("k", undefined), 'Error: The param "value" must be provided'],
      [kvs.set("k", "v", wrong("10")), 'Error: The param "ttl" must be of type number'],
    ];
    for (const [refused, text] of refusals) {
      await expect(refused).rejects.toMatchObject({ name: "Error", message: text });
    }
  });

  it("takes any text as a key, and JSON as it is", async () => {
    const { kvs } = await LessProject.create({});
    const keys = ["a b", "é/値", "..", "=", "=20", "_kv", "x.y", "*", ">", "\n"];
    for (const [at, key] of keys.entries()) await kvs.set(key, at);
    for (const [at, key] of keys.entries()) expect([key, await kvs.get(key)]).toEqual([key, at]);
    await kvs.set("date", new Date(0));
    expect(await kvs.get("date")).toBe("1970-01-01T00:00:00.000Z");
  });

  it("many writers of one key at once all succeed", async () => {
    const less = await LessProject.create({ "kvs_deleted/index.js": cjs });
    await Promise.all(Array.from({ length: 100 }, (_, at) => less.kvs.set("k", at)));
    const value = await less.kvs.get("k");
    await less.kvs.delete("k");
    expect(await less.handled()).toEqual([{ key: "k", old_value: value }]);
  });
});

describe("ttl", () => {
  it("L36: an update without one keeps the old end", async () => {
    const less = await LessProject.create({});
    const { kvs, clock } = less;
    await kvs.set("k", 1, 2);
    await clock.advance(1_000);
    await kvs.set("k", 2);
    await clock.advance(999);
    expect([await kvs.get("k"), await less.valueAtDaemon("k")]).toEqual([2, 2]);
    await clock.advance(1);
    expect([await kvs.get("k"), await less.valueAtDaemon("k")]).toEqual([null, null]);
  });

  it("its end is one kvs_deleted, also when the daemon is away or a new value comes first", async () => {
    const less = await LessProject.create({ "kvs_deleted/index.js": cjs });
    const { kvs, clock } = less;
    await less.kvs.set("a", "first", 2);
    await less.kvs.set("b", "second", 10);
    await less.kvs.set("c", "third", 10);
    await less.handled();
    await clock.advance(2_000);
    await less.noted(1);
    await less.handled();
    await less.stop();
    await clock.advance(10_000);
    await kvs.set("c", "new");
    await less.start();
    await less.noted(3);
    expect(await less.handled()).toHaveLength(3);
    expect(less.notes()[0]).toEqual({ key: "a", old_value: "first" });
    expect(less.notes()).toContainEqual({ key: "b", old_value: "second" });
    expect(less.notes()).toContainEqual({ key: "c", old_value: "third" });
    expect(await kvs.get("c")).toBe("new");
  });
});
