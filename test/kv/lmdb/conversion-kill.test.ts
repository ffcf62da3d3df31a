/** The conversion of a store to checksums is one transaction: kill -9 at any moment leaves a store that opens and is complete. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { metaKey } from "../../../src/kv/engines/lmdb/layout.ts";
import { decodeMeta } from "../../../src/kv/engines/lmdb/records.ts";
import { openStore, verifyStore } from "../../../src/kv/open.ts";
import { keysIn, openRaw, removeChecksums } from "./raw-database.ts";

const reader = fileURLToPath(new URL("../../../dist/test/kv/fixtures/read-process.js", import.meta.url));
const kills = 6;
const entries = 1_500;
let directory: string;
let old: string;
/** How long a process takes that is not killed, in ms. */
let wholeMs: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-conversion-"));
  old = join(directory, "old");
  await using store = await openStore(old);
  const bucket = await store.createBucket("B");
  await Promise.all(
    Array.from({ length: entries }, (_, index) => bucket.put(`key.${index}`, "x".repeat(index % 2000))),
  );
  await store.close();
  const database = openRaw(old);
  removeChecksums(database);
  await database.close();
  const copy = await copyOfOld("measured");
  const begun = performance.now();
  await converting(copy).ended;
  wholeMs = performance.now() - begun;
});

afterAll(() => rm(directory, { recursive: true }));

async function copyOfOld(name: string): Promise<string> {
  const copy = join(directory, name);
  await cp(old, copy, { recursive: true });
  return copy;
}

/** A process that opens the store, which converts it, and reads all of it. */
function converting(place: string) {
  const child = spawn(process.execPath, [reader, place], { stdio: "ignore" });
  return { child, ended: once(child, "exit") };
}

/** Of the layout, without opening the store as we do. */
async function layoutOf(place: string): Promise<number | undefined> {
  const database = openRaw(place);
  const meta = decodeMeta(Buffer.from(database.get(metaKey) ?? []));
  const sizes = keysIn(database).length;
  await database.close();
  expect(sizes).toBeGreaterThan(2 * entries);
  return meta?.layout;
}

it(`a conversion that is killed at ${kills} moments leaves all entries, and is done by the next opening`, async () => {
  const layouts = new Set<number | undefined>();
  for (let index = 0; index < kills; index++) {
    const place = await copyOfOld(`copy${index}`);
    const { child, ended } = converting(place);
    const late = setTimeout(() => child.kill("SIGKILL"), (wholeMs * (index + 1)) / kills);
    await ended;
    clearTimeout(late);
    layouts.add(await layoutOf(place));
    await using store = await openStore(place);
    const bucket = await store.openBucket("B");
    expect((await bucket.status()).values).toBe(entries);
    for (let key = 0; key < entries; key += 7)
      expect((await bucket.get(`key.${key}`))?.length).toBe(key % 2000);
    await store.close();
    const verified = await verifyStore(`lmdb:${place}`);
    expect(verified?.damage).toEqual([]);
    expect(await layoutOf(place)).toBe(4);
    await rm(place, { recursive: true });
  }
  // Killed before the end and after it; a half-converted store would be of neither.
  expect([...layouts].sort()).toEqual([3, 4]);
}, 180_000);
