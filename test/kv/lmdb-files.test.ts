/** The files of the embedded engine: what is refused, and that it is left as it was. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { faultOfDataFile } from "../../src/kv/engines/lmdb/data-file.ts";
import { Environment } from "../../src/kv/engines/lmdb/environment.ts";
import { allDestroyed, metaKey } from "../../src/kv/engines/lmdb/layout.ts";
import { openStore } from "../../src/kv/open.ts";
import { listed } from "./contract/harness.ts";

describe("the files of the embedded store", () => {
  let directory: string;
  let dataFile: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    dataFile = join(directory, "data.mdb");
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  async function fill(): Promise<void> {
    await using store = await openStore(directory);
    const bucket = await store.createBucket("B");
    const text = "x".repeat(40_000);
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => bucket.put(`key${index}`, index % 3 ? text : "short")),
    );
  }

  async function hash(): Promise<string> {
    return createHash("sha256")
      .update(await readFile(dataFile))
      .digest("hex");
  }

  async function expectRefused(code: string, message: string): Promise<void> {
    const before = await hash();
    await expect(openStore(directory)).rejects.toMatchObject({ code });
    await expect(openStore(directory)).rejects.toThrow(message);
    expect(await hash()).toBe(before);
  }

  it.each([0.02, 0.3, 0.6, 0.97])("cut to %f of its length: refused", async (part) => {
    await fill();
    await truncate(dataFile, Math.floor((await stat(dataFile)).size * part));
    await expectRefused(
      "STORE_DAMAGED",
      `the store in ${directory} cannot be used: data.mdb is damaged, it is cut short`,
    );
  });

  it("cut within its first pages: refused", async () => {
    await fill();
    await truncate(dataFile, 100);
    await expectRefused("STORE_DAMAGED", "data.mdb is damaged, its first pages are not those of LMDB");
  });

  it("emptied: refused, not made anew", async () => {
    await fill();
    await truncate(dataFile, 0);
    await expectRefused("STORE_DAMAGED", "data.mdb is empty");
  });

  it("something else: refused", async () => {
    await writeFile(dataFile, "this is no database, ".repeat(10_000));
    await expectRefused("STORE_DAMAGED", "data.mdb is damaged, its first pages are not those of LMDB");
  });

  it("a directory in the place of the file: refused", async () => {
    await mkdir(dataFile);
    await expect(openStore(directory)).rejects.toMatchObject({ code: "FAILED" });
    await expect(openStore(directory)).rejects.toThrow("EISDIR");
  });

  it("an LMDB file of another program: refused", async () => {
    const other = open<string, string>({ path: directory, noSubdir: false, overlappingSync: false });
    await other.put("key", "value");
    await other.close();
    await expectRefused("STORE_DAMAGED", "it is an LMDB file, but not of machinist");
  });

  it("written by a newer machinist: refused", async () => {
    await fill();
    const environment = new Environment(directory);
    await environment.write((records) => records.put(metaKey, Buffer.from('{"layout":5,"nextBucketId":7}')));
    await environment.close();
    await expectRefused("UNSUPPORTED", "was written by a newer machinist (layout 5, this one knows 4)");
  });

  it("shorter than it says, because its last pages are free: nothing is wrong with it", async () => {
    const environment = new Environment(directory);
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    let isShort = false;
    // LMDB leaves pages unwritten that a transaction took and gave back: it takes large values that come and go.
    for (let round = 0; round < 100 && !isShort; round++) {
      await environment.write((records) => {
        for (let index = random(400); index > 0; index--) {
          const key = Buffer.from(`key${random(1000)}`);
          if (random(2)) records.put(key, Buffer.alloc(random(30_000), 7));
          else records.remove(key);
        }
        if (round % 10 === 9)
          for (let index = 0; index < 1000; index++) records.remove(Buffer.from(`key${index}`));
      });
      isShort = await isShorterThanItSays(dataFile);
      expect(faultOfDataFile(dataFile)).toBeUndefined();
    }
    expect(isShort).toBe(true);
    await environment.close();
  });

  it("what a destroyed bucket left is removed at the next start", async () => {
    const store = await openStore(directory);
    const bucket = await store.createBucket("B");
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => bucket.put(`key${index}`, "value")));
    await store.destroyBucket("B");
    await store.close();
    expect(await left(directory)).toBeGreaterThan(0);
    await using again = await openStore(directory);
    const other = await again.createBucket("OTHER");
    // Each batch of writes lets one page of the removal come along.
    for (let index = 0; index < 20; index++) await other.put("a", "value");
    await again.close();
    expect(await left(directory)).toBe(0);
  });

  it("compressed values take less room, in memory they are what they were", async () => {
    await using store = await openStore(directory);
    const [plain, compressed] = await Promise.all([
      store.createBucket("PLAIN"),
      store.createBucket("COMPRESSED", { compression: true, history: 2 }),
    ]);
    const text = JSON.stringify(Array.from({ length: 500 }, (_, index) => ({ index, name: "a name" })));
    const noise = new Uint8Array(createHash("sha512").update("seed").digest());
    for (const bucket of [plain, compressed]) await bucket.put("a", text);
    expect((await compressed.status()).bytes).toBeLessThan((await plain.status()).bytes / 4);
    await compressed.put("a", noise);
    await compressed.revert("a", 1);
    expect((await compressed.get("a"))?.string()).toBe(text);
    const [old] = await listed(compressed.history("a", { metaOnly: true }));
    expect(old).toMatchObject({ revision: 2, length: noise.length });
  });

  it.each([
    { replicas: 3 },
    { placement: { cluster: "C" } },
    { republish: { destination: "copies.>" } },
    { mirror: { bucket: "A", domain: "hub" } },
    { sources: [{ bucket: "A" }] },
  ])("%j is refused by this engine", async (config) => {
    await using store = await openStore(directory);
    const message = expect.stringMatching(`the embedded store has no ${Object.keys(config)[0]}`);
    await expect(store.createBucket("B", config)).rejects.toMatchObject({ code: "UNSUPPORTED", message });
    expect(await store.listBuckets()).toEqual([]);
  });
});

/** Records about destroyed buckets that are still there. */
async function left(directory: string): Promise<number> {
  const environment = new Environment(directory);
  const found = environment.fresh().scan(allDestroyed, 10).records.length;
  await environment.close();
  return found;
}

/** By its two meta pages, as LMDB writes them. */
async function isShorterThanItSays(dataFile: string): Promise<boolean> {
  const bytes = await readFile(dataFile);
  const metas = [0, 16_384].map((start) => ({
    last: Number(bytes.readBigUInt64LE(start + 144)),
    transaction: bytes.readBigUInt64LE(start + 152),
  }));
  const [first, second] = metas;
  if (!first || !second) return false;
  const newest = second.transaction > first.transaction ? second : first;
  return bytes.length < (newest.last + 1) * 16_384;
}
