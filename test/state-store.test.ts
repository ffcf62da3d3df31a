/** The daemon's own store, and how the records of an earlier layout get there. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "../src/kv/open.ts";
import type { Bucket, Entry } from "../src/kv/store.ts";
import { openStateStore } from "../src/state-store.ts";

let dataDirectory: string;
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), "machinist-state-"));
});
afterEach(() => rmSync(dataDirectory, { recursive: true, force: true }));

const open = () => openStateStore({ dataDirectory, stateUrl: `lmdb:${join(dataDirectory, "state")}` }, {});
const openUsers = () => openStore(join(dataDirectory, "store"));

/** As version 0.1.0 left it, with one bucket of a user. */
async function writeEarlierLayout(): Promise<void> {
  await using store = await openUsers();
  const users = await store.createBucket("CONFIG");
  const records = await store.createBucket("machinist-machines", { history: 64 });
  await store.createBucket("machinist-cursors");
  const documents = await store.createBucket("machinist-documents");
  for (let at = 1; at <= 100; at++) await records.put("m", `state ${at}`);
  await records.put("n", "state 1");
  await (await store.openBucket("machinist-cursors")).put("m", "note");
  await documents.put("0".repeat(64), "forged");
  await users.put("a", "1");
}

async function namesIn(store: { listBuckets(): Promise<{ bucket: string }[]> }): Promise<string[]> {
  return (await store.listBuckets()).map(({ bucket }) => bucket).sort();
}

async function historyOf(bucket: Bucket): Promise<[number, string][]> {
  const entries: Entry[] = [];
  for await (const entry of bucket.history(">")) entries.push(entry);
  return entries.map((entry) => [entry.revision, entry.string()]);
}

it("moves records with revisions and history, drops parsed documents, and leaves the users' buckets", async () => {
  await writeEarlierLayout();
  await using state = await open();
  expect(await namesIn(state)).toEqual(["machinist-cursors", "machinist-machines"]);
  const records = await state.openBucket("machinist-machines");
  const kept = Array.from({ length: 64 }, (_, at) => [at + 37, `state ${at + 37}`]);
  expect(await historyOf(records)).toEqual([...kept, [101, "state 1"]]);
  expect(await records.update("m", "state 101", 100)).toBe(102);
  expect((await (await state.openBucket("machinist-cursors")).get("m"))?.string()).toBe("note");
  await using users = await openUsers();
  expect(await namesIn(users)).toEqual(["CONFIG"]);
  expect((await (await users.openBucket("CONFIG")).get("a"))?.string()).toBe("1");
  expect(statSync(join(dataDirectory, "state")).mode & 0o777).toBe(0o700);
  expect(existsSync(join(dataDirectory, "state.tmp"))).toBe(false);
});

it("starts over after a crash in the middle of a move", async () => {
  await writeEarlierLayout();
  mkdirSync(join(dataDirectory, "state.tmp/whole"), { recursive: true });
  writeFileSync(join(dataDirectory, "state.tmp/whole/data.mdb"), "half a copy");
  await using state = await open();
  expect((await (await state.openBucket("machinist-machines")).get("m"))?.revision).toBe(100);
});

it("trusts nothing that lies in the users' store once it has a store of its own", async () => {
  {
    await using state = await open();
    await (await state.createBucket("machinist-machines")).put("m", "own");
  }
  await writeEarlierLayout();
  await using state = await open();
  expect((await (await state.openBucket("machinist-machines")).get("m"))?.string()).toBe("own");
  await using users = await openUsers();
  expect(await namesIn(users)).toEqual(["CONFIG"]);
});

it("makes no users' store where there is none", async () => {
  await using state = await open();
  expect(await namesIn(state)).toEqual([]);
  expect(existsSync(join(dataDirectory, "store"))).toBe(false);
});
