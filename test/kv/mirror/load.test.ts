/** A mirror while it loads, and of many keys. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bytes, text } from "../../../src/kv/codec.ts";
import { openMirror } from "../../../src/kv/mirror.ts";
import { openStore } from "../../../src/kv/open.ts";

it("100,000 keys come as one: nothing is seen before all is", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-mirror-"));
  {
    await using store = await openStore(directory);
    const bucket = await store.createBucket("B");
    for (let start = 0; start < 100_000; start += 5000) {
      const page = Array.from({ length: 5000 }, (_, at) => bucket.put(`key.${start + at}`, "value"));
      await Promise.all(page);
    }
    await using mirror = openMirror(store, "B", { codec: text });
    const sizes = new Set<number>();
    const told = { set: 0, ready: 0 };
    mirror.on("set", () => {
      told.set += 1;
      sizes.add(mirror.size);
    });
    mirror.on("ready", () => {
      told.ready += 1;
    });
    let loading = true;
    const loaded = mirror.ready.then(() => {
      loading = false;
    });
    while (loading) {
      sizes.add(mirror.size);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await loaded;
    expect(sizes).toEqual(new Set([0, 100_000]));
    expect(told).toEqual({ set: 100_000, ready: 1 });
    expect([mirror.get("key.99999"), mirror.revision]).toEqual(["value", 100_000]);
    const keys = mirror.keys();
    await mirror.waitFor(await bucket.delete("key.5"));
    // The keys of the moment of the call, and a reader who takes its time.
    expect([...keys].length).toBe(100_000);
    expect(mirror.size).toBe(99_999);
  }
  await rm(directory, { recursive: true });
});

it("what is written while it loads slowly is there when it is ready, or comes after", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-mirror-"));
  {
    await using store = await openStore(directory);
    const bucket = await store.createBucket("B");
    const before = Array.from({ length: 3000 }, (_, at) => bucket.put(`key.${at}`, "old"));
    await Promise.all(before);
    await using mirror = openMirror(store, "B", { codec: text });
    const revisions = Array.from({ length: 3000 }, (_, at) => bucket.put(`key.${at}`, "new"));
    const last = Math.max(...(await Promise.all(revisions)));
    await mirror.waitFor(last);
    expect(mirror.size).toBe(3000);
    expect(new Set([...mirror].map(({ value }) => value))).toEqual(new Set(["new"]));
  }
  await rm(directory, { recursive: true });
});

it("a listener or a codec that throws disturbs nobody else", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-mirror-"));
  {
    await using store = await openStore(directory);
    const bucket = await store.createBucket("B");
    await using mirror = openMirror(store, "B", { codec: bytes });
    await mirror.ready;
    const failures: string[] = [];
    mirror.on("error", ({ error }) => failures.push(error.message));
    const undo = mirror.on("set", () => {
      throw new Error("a bug of the listener");
    });
    const seen: string[] = [];
    mirror.on("set", ({ entry }) => seen.push(entry.key));
    await mirror.waitFor(await bucket.put("a", "1"));
    undo();
    await mirror.waitFor(await bucket.put("b", "1"));
    expect([seen, failures]).toEqual([["a", "b"], ["a bug of the listener"]]);
  }
  await rm(directory, { recursive: true });
});

it("options that make no sense are refused at once", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-mirror-"));
  {
    await using store = await openStore(directory);
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => openMirror(store, "B", { maxEntries: 0 })).toThrow(refused);
    expect(() => openMirror(store, "B", { checkEveryMs: Number.NaN })).toThrow(refused);
    expect(() => openMirror(store, "B", { filter: [] })).toThrow(refused);
    expect(() => openMirror(store, "B", { filter: "a..b" })).toThrow(
      expect.objectContaining({ code: "INVALID_KEY" }),
    );
    expect(() => openMirror(store, "B.C")).toThrow(expect.objectContaining({ code: "INVALID_BUCKET" }));
  }
  await rm(directory, { recursive: true });
});
