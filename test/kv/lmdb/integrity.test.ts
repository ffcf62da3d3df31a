/** Checksums of the embedded engine: damaged records are reported by name, all others stay readable. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checksumOf } from "../../../src/kv/engines/lmdb/integrity/checksum.ts";
import { bucketKey, headKey, logKey, metaKey, stateKey } from "../../../src/kv/engines/lmdb/layout.ts";
import { openStore } from "../../../src/kv/open.ts";
import { listed } from "../contract/harness.ts";
import { openRaw, type RawDatabase, removeChecksums } from "./raw-database.ts";

const reader = fileURLToPath(new URL("../../../dist/test/kv/fixtures/read-process.js", import.meta.url));
const keys = ["a", "b", "c", "d", "e"];
const bucketId = 1;

describe("the embedded store", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    await using store = await openStore(directory);
    const bucket = await store.createBucket("B", { history: 3 });
    for (const value of ["old", "new"]) for (const key of keys) await bucket.put(key, `${value} ${key}`);
    await bucket.put("large", "x".repeat(100_000));
    const other = await store.createBucket("OTHER");
    await other.put("a", "of another bucket");
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  /** Changes the records of the closed store as no program of ours would. */
  async function tamper(change: (database: RawDatabase) => void): Promise<void> {
    const database = openRaw(directory);
    change(database);
    await database.close();
  }

  /** Flips one bit of a record, at a place that counts from its end when negative. */
  function flip(key: Buffer, at: number): Promise<void> {
    return tamper((database) => {
      const bytes = Buffer.from(database.get(key) ?? []);
      const place = at < 0 ? bytes.length + at : at;
      bytes[place] = (bytes[place] ?? 0) ^ 0x10;
      database.putSync(key, bytes);
    });
  }

  async function expectOthersReadable(damaged: string): Promise<void> {
    await using store = await openStore(directory);
    const bucket = await store.openBucket("B");
    for (const key of keys.filter((name) => name !== damaged)) {
      expect((await bucket.get(key))?.string()).toBe(`new ${key}`);
      expect(await listed(bucket.history(key))).toHaveLength(2);
    }
    expect((await (await store.openBucket("OTHER")).get("a"))?.string()).toBe("of another bucket");
  }

  it.each([0, 3, 9, 19, 27, 30, -9, -1])("reports a head record damaged at byte %i", async (at) => {
    await flip(headKey(bucketId, "c"), at);
    await using store = await openStore(directory);
    const bucket = await store.openBucket("B");
    await expect(bucket.get("c")).rejects.toMatchObject({
      code: "STORE_DAMAGED",
      message: expect.stringContaining('bucket B, key "c", revision'),
      details: { bucket: "B", key: "c", revision: expect.any(Number) },
    });
    await expect(listed(bucket.keys())).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    await expect(bucket.put("c", "1", { expectedRevision: 8 })).rejects.toMatchObject({
      code: "STORE_DAMAGED",
    });
    await expectOthersReadable("c");
  });

  it.each([0, 3, 9, 14, 16, -9, -1])("reports a log record damaged at byte %i", async (at) => {
    await flip(logKey(bucketId, 8), at);
    await using store = await openStore(directory);
    const bucket = await store.openBucket("B");
    const damage = { code: "STORE_DAMAGED", details: { bucket: "B", revision: 8 } };
    await expect(bucket.get("c", { revision: 8 })).rejects.toMatchObject(damage);
    await expect(listed(bucket.history("c"))).rejects.toMatchObject(damage);
    await expect(listed(bucket.watch(">", { resumeFromRevision: 1 }))).rejects.toMatchObject(damage);
    await expectOthersReadable("c");
  });

  it("reports a value over several pages that is damaged", async () => {
    await flip(logKey(bucketId, 11), 50_000);
    await using store = await openStore(directory);
    await expect((await store.openBucket("B")).get("large")).rejects.toMatchObject({
      code: "STORE_DAMAGED",
      details: { bucket: "B", key: "large", revision: 11 },
    });
    await expectOthersReadable("large");
  });

  it.each([
    ["another key", headKey(bucketId, "b")],
    ["another bucket", headKey(2, "a")],
  ])("reports a record that belongs to %s", async (_, from) => {
    await tamper((database) => {
      database.putSync(headKey(bucketId, "c"), Buffer.from(database.get(from) ?? []));
    });
    await using store = await openStore(directory);
    await expect((await store.openBucket("B")).get("c")).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    await expectOthersReadable("c");
  });

  it("reports a key that is missing because its own bytes are damaged", async () => {
    await tamper((database) => {
      const bytes = Buffer.from(database.get(headKey(bucketId, "c")) ?? []);
      database.removeSync(headKey(bucketId, "c"));
      database.putSync(headKey(bucketId, "c@"), bytes);
    });
    await using store = await openStore(directory);
    const bucket = await store.openBucket("B");
    await expect(bucket.get("c")).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    await expect(bucket.create("c", "1")).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    await expect(listed(bucket.keys())).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    await expectOthersReadable("c");
  });

  it("reports a damaged bucket record and a damaged state record, and opens the other bucket", async () => {
    await flip(bucketKey("B"), 5);
    await flip(stateKey(2), 5);
    await using store = await openStore(directory);
    await expect(store.openBucket("B")).rejects.toMatchObject({
      code: "STORE_DAMAGED",
      details: { bucket: "B" },
    });
    await expect((await store.openBucket("OTHER")).get("a")).rejects.toMatchObject({
      code: "STORE_DAMAGED",
      details: { bucket: "OTHER" },
    });
  });

  it.each([2, 10, 13, 20, -2])("is refused when its first record is damaged at byte %i", async (at) => {
    await flip(metaKey, at);
    await expect(openStore(directory)).rejects.toMatchObject({
      code: expect.stringMatching(/STORE_DAMAGED|UNSUPPORTED/),
    });
  });

  it("destroys a bucket that has damaged entries", async () => {
    await flip(headKey(bucketId, "c"), 3);
    await flip(logKey(bucketId, 8), 3);
    await using store = await openStore(directory);
    await store.destroyBucket("B");
    // Written after the entries were removed.
    await store.createBucket("NEXT");
    await store.close();
    await tamper((database) => {
      const start = headKey(bucketId, "");
      const end = headKey(bucketId + 1, "");
      expect([...database.getKeys({ start, end })]).toEqual([]);
    });
  });

  describe("of a layout without checksums", () => {
    beforeEach(() => tamper(removeChecksums));

    it("is converted when it is opened", async () => {
      await using store = await openStore(directory);
      const bucket = await store.openBucket("B");
      expect(await listed(bucket.keys())).toEqual([...keys, "large"]);
      expect((await bucket.get("large"))?.length).toBe(100_000);
      await expectOthersReadable("");
      expect(await bucket.put("a", "newest")).toBe(12);
      await store.close();
      await flip(headKey(bucketId, "c"), 40);
      await using again = await openStore(directory);
      await expect((await again.openBucket("B")).get("c")).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    });

    it("is converted once by several processes that open it together", async () => {
      const outputs = [1, 2, 3].map(() => text(spawn(process.execPath, [reader, directory]).stdout));
      for (const output of await Promise.all(outputs)) expect(JSON.parse(output)).toEqual({ read: 6 });
    });
  });
});

describe("the checksum of a record", () => {
  it.each([0, 1, 7, 8, 9, 100, 256, 257, 5000])("is the CRC-32 of its key and %i bytes", (length) => {
    const key = Buffer.from("some key");
    const content = Buffer.from(Array.from({ length: length + 3 }, (_, index) => (index * 7919) % 251));
    const expected = crc32(Buffer.concat([key, content.subarray(0, length)]));
    expect(checksumOf(key, content, length)).toBe(expected);
  });
});
