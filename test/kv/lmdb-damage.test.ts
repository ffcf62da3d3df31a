/** Damaged files of the embedded engine, opened by a process of its own: LMDB maps them, so a mistake ends it by a signal. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";

const reader = fileURLToPath(new URL("../../dist/test/kv/fixtures/read-process.js", import.meta.url));
const keys = 200;
/** Parts of the length of the file. */
const places = Array.from({ length: 12 }, (_, index) => Number((index / 12).toFixed(3)));

describe("a damaged data file", () => {
  let directory: string;
  let dataFile: string;
  let whole: Buffer;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    dataFile = join(directory, "data.mdb");
    await using store = await openStore(directory);
    const bucket = await store.createBucket("B");
    // Of all kinds: many on one page, one on a page, and over several pages.
    const sizes = [10, 2000, 15_000, 60_000];
    for (let index = 0; index < keys; index++) {
      await bucket.put(`key${index}`, "x".repeat(sizes[index % sizes.length] ?? 0));
    }
    await store.close();
    whole = await readFile(dataFile);
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  function read(): unknown {
    const { stdout, signal } = spawnSync(process.execPath, [reader, directory], { encoding: "utf8" });
    return signal ?? JSON.parse(stdout);
  }

  it("as it was: all is read", async () => {
    await writeFile(dataFile, whole);
    expect(read()).toEqual({ read: keys });
  });

  it.each(places)("cut to %f of its length", async (part) => {
    await writeFile(dataFile, whole);
    await truncate(dataFile, Math.floor(whole.length * part));
    const before = await readFile(dataFile);
    expect(read()).toMatchObject({ read: 0, code: "STORE_DAMAGED" });
    expect(before.equals(await readFile(dataFile))).toBe(true);
  });

  it.each([
    [0, 2],
    [1, 2],
    [0, -2],
    [1, -2],
  ])(
    "the number of the transaction on page %i changed by %i: the last commit is not lost in silence",
    async (page, by) => {
      const bytes = Buffer.from(whole);
      const at = page * 16_384 + 152;
      bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + BigInt(by), at);
      await writeFile(dataFile, bytes);
      expect(read()).toMatchObject({ read: 0, code: "STORE_DAMAGED" });
    },
  );

  it.each(places)("noise over the page at %f", async (part) => {
    const bytes = Buffer.from(whole);
    const start = Math.floor((whole.length * part) / 16_384) * 16_384;
    for (let at = start; at < Math.min(start + 16_384, bytes.length); at++)
      bytes[at] = (at * 7919 + 13) % 251;
    await writeFile(dataFile, bytes);
    // LMDB keeps no checksums: what lies on that page is refused or read as it is. The process lives, and nothing is written.
    expect(read()).toMatchObject({ read: expect.any(Number) });
    expect(bytes.equals(await readFile(dataFile))).toBe(true);
  });
});
