/** Buckets as files: from one engine to the other and back, whole or not at all. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Entry, Store } from "../../../src/kv/store.ts";
import { exportBucket } from "../../../src/kv/transfer/export-bucket.ts";
import { type ImportOptions, importBucket } from "../../../src/kv/transfer/import-bucket.ts";
import { kinds, type RunningServer, startServer } from "../../setup/nats-server.ts";
import { SimulatedClock } from "../../simulated-clock.ts";

let directory: string;
let store: Store;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-transfer-"));
  store = await openStore(join(directory, "one"));
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function exported(bucket: Bucket): Promise<string> {
  let text = "";
  await exportBucket(bucket, async (piece) => {
    text += piece;
  });
  return text;
}

const imported = (into: Store, text: string, options?: ImportOptions) =>
  importBucket(into, () => pieces(Buffer.from(text)), options);

/** In pieces that end anywhere. */
async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

async function entriesOf(bucket: Bucket): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of bucket.history()) entries.push(entry);
  return entries;
}

const shapes = (entries: Entry[]) =>
  entries.map(({ key, operation, value }) => `${operation} ${key} ${Buffer.from(value).toString("hex")}`);

/** History, markers, bytes that are no text, line separators, more than one batch of writes. */
async function filled(name: string, history = 4): Promise<Bucket> {
  const bucket = await store.createBucket(name, { history, description: "a bucket" });
  for (let index = 0; index < 1500; index += 1) void bucket.put(`many.${index % 700}`, `value ${index}`);
  await bucket.put("bytes", Uint8Array.from([0, 255, 10, 128]));
  await bucket.put("text", 'grüße\n\u2028\u2029\ufeff\u0000"');
  await bucket.put("empty", "");
  await bucket.put("large", "x".repeat(1_000_000));
  await bucket.put("gone", "old");
  await bucket.delete("gone");
  await bucket.put("back", "old");
  await bucket.purge("back");
  await bucket.put("back", "new");
  await bucket.purge("never");
  return bucket;
}

describe.each(kinds)("with a nats-server (%s)", (kind) => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(kind);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("LMDB to NATS to LMDB keeps every entry, byte for byte and in order", async () => {
    const source = await filled("CFG");
    await using nats = await openStore(server.url);
    expect(await imported(nats, await exported(source))).toMatchObject({
      bucket: "CFG",
      entries: 1509,
      ended: 0,
    });
    const between = await nats.openBucket("CFG");
    await imported(store, await exported(between), { bucket: "AGAIN" });
    const again = await store.openBucket("AGAIN");
    const before = shapes(await entriesOf(source));
    expect(shapes(await entriesOf(between))).toEqual(before);
    expect(shapes(await entriesOf(again))).toEqual(before);
    const revisions = (await entriesOf(again)).map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.map((_, index) => index + 1));
    expect(await again.status()).toMatchObject({ history: 4, description: "a bucket" });
  });

  it("what a store cannot do is UNSUPPORTED, and left out when that was asked for", async () => {
    await using nats = await openStore(server.url);
    const bucket = await nats.createBucket("PLAIN");
    await bucket.put("a", "1");
    const text = resealed(await exported(bucket), (header) => header.replace('"replicas":1', '"replicas":3'));
    await expect(imported(store, text)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(await store.listBuckets()).toEqual([]);
    await imported(store, text, { without: ["replicas"] });
    expect((await (await store.openBucket("PLAIN")).get("a"))?.string()).toBe("1");
  });
});

/** With another first line, and the checksum that goes with it. */
function resealed(text: string, change: (header: string) => string): string {
  const lines = text.trimEnd().split("\n");
  const body = `${[change(lines[0] ?? ""), ...lines.slice(1, -1)].join("\n")}\n`;
  const sha256 = createHash("sha256").update(body).digest("hex");
  return `${body}${JSON.stringify({ end: { entries: lines.length - 2, sha256 } })}\n`;
}

describe("a file that is not whole", () => {
  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ["cut off", (lines) => lines.slice(0, 3), /^line 4 of the export: found the end of the file, expected/],
    ["cut within a line", (lines) => [...lines.slice(0, 2), "{"], /^line 3 .* no JSON/],
    ["without a line", (lines) => lines.toSpliced(1, 1), /^line 4 .* found 2 entries, expected 3/],
    ["altered", (lines) => lines.with(1, (lines[1] ?? "").replace("one", "eno")), /^line 5 .* checksum/],
    ["longer than its end", (lines) => [...lines, "{}"], /^line 6 .* after the end/],
    ["something else", () => ['{"a":1}'], /^line 1 .* expected the header/],
    ["empty", () => [], /^line 1 .* found the end of the file/],
  ])("%s is refused with its line, and nothing is written", async (_name, change, message) => {
    const bucket = await store.createBucket("B", { history: 3 });
    for (const value of ["one", "two", "three"]) await bucket.put("k", value);
    const text = change((await exported(bucket)).trimEnd().split("\n")).map((line) => `${line}\n`);
    await store.destroyBucket("B");
    await expect(imported(store, text.join(""))).rejects.toMatchObject({
      code: "BAD_VALUE",
      message: expect.stringMatching(message),
    });
    expect(await store.listBuckets()).toEqual([]);
  });

  it("the format of a newer machinist is UNSUPPORTED", async () => {
    const text = await exported(await store.createBucket("B"));
    const newer = resealed(text, (header) => header.replace('"version":1', '"version":2'));
    await expect(imported(store, newer)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("the bucket that an import makes", () => {
  it("may be there, when it is empty and has the same settings", async () => {
    const text = await exported(await filled("B"));
    await expect(imported(store, text)).rejects.toMatchObject({ code: "BUCKET_EXISTS" });
    await store.createBucket("C");
    await expect(imported(store, text, { bucket: "C" })).rejects.toMatchObject({ code: "BUCKET_EXISTS" });
    await (await store.openBucket("B")).empty();
    await imported(store, text);
    expect((await (await store.openBucket("B")).get("back"))?.string()).toBe("new");
  });

  it("is gone, or empty as it was, when the import is interrupted or fails", async () => {
    const text = await exported(await filled("B"));
    const stop = new AbortController();
    const options = { signal: stop.signal, progress: () => stop.abort() };
    await expect(imported(store, text, { ...options, bucket: "NEW" })).rejects.toMatchObject({
      code: "STOPPED",
    });
    expect((await store.listBuckets()).map(({ bucket }) => bucket)).toEqual(["B"]);
    await (await store.openBucket("B")).empty();
    await expect(imported(store, text, options)).rejects.toMatchObject({ code: "STOPPED" });
    expect(await (await store.openBucket("B")).status()).toMatchObject({ values: 0 });
    const full = resealed(text, (header) => header.replace('"maxBytes":-1', '"maxBytes":100000'));
    await expect(imported(store, full, { bucket: "FULL" })).rejects.toMatchObject({ code: "BUCKET_FULL" });
    expect((await store.listBuckets()).map(({ bucket }) => bucket)).toEqual(["B"]);
  });
});

describe("lives", () => {
  const now = Date.parse("2026-01-02T03:04:05.000Z");
  const lineOf = (key: string, ageMs: number, rest: object) =>
    JSON.stringify({
      key,
      revision: 1,
      created: new Date(now - ageMs).toISOString(),
      operation: "PUT",
      ...rest,
    });

  async function withLines(config: object, lines: string[]): Promise<Bucket> {
    await store.close();
    const clock = new SimulatedClock(now);
    store = await openStore(join(directory, "one"), { clock });
    const empty = await exported(await store.createBucket("B", config));
    const [header = "", end = ""] = empty.trimEnd().split("\n");
    const text = resealed([header, ...lines, end].join("\n"), (same) => same);
    expect(await imported(store, text, { clock })).toMatchObject({ bucket: "B", entries: 3, ended: 1 });
    return store.openBucket("B");
  }

  it("what is left of an entry's own goes on; one that is over is left out and counted", async () => {
    const bucket = await withLines({ markerTtlMs: 60_000 }, [
      lineOf("over", 20_000, { value: "a", ttlMs: 20_000 }),
      lineOf("left", 20_000, { value: "b", ttlMs: 30_000 }),
      lineOf("short", 29_900, { value: "c", ttlMs: 30_000 }),
      lineOf("plain", 20_000, { value: "d" }),
    ]);
    const live = async (afterMs: number): Promise<string[]> => {
      await using later = await openStore(join(directory, "one"), {
        clock: new SimulatedClock(now + afterMs),
      });
      const keys: string[] = [];
      for await (const key of (await later.openBucket("B")).keys()) keys.push(key);
      return keys;
    };
    expect(bucket.name).toBe("B");
    expect(await live(900)).toEqual(["left", "plain", "short"]);
    expect(await live(1_100)).toEqual(["left", "plain"]);
    expect(await live(10_100)).toEqual(["plain"]);
  });

  it("of a bucket's ttl: what is over is left out", async () => {
    const bucket = await withLines({ ttlMs: 60_000 }, [
      lineOf("over", 60_000, { value: "a" }),
      lineOf("a", 50_000, { value: "a" }),
      lineOf("b", 20_000, { operation: "PURGE" }),
      lineOf("c", 10_000, { value: "a" }),
    ]);
    expect(shapes(await entriesOf(bucket))).toEqual(["PUT a 61", "PURGE b ", "PUT c 61"]);
  });
});

it("a key that lives for an hour lives on for what is left of it", async () => {
  const leases = await store.createBucket("LEASES", { markerTtlMs: 60_000 });
  await leases.create("lease", "1", { ttlMs: 3_600_000 });
  await using second = await openStore(join(directory, "two"));
  await imported(second, await exported(leases));
  const { ttlMs = 0 } = (await (await second.openBucket("LEASES")).get("lease")) ?? {};
  expect(ttlMs).toBeGreaterThan(3_500_000);
  expect(ttlMs).toBeLessThanOrEqual(3_600_000);
});

it("an export of a bucket with sources stands for itself", async () => {
  await using server = await startServer("current");
  await using nats = await openStore(server.url);
  const bucket = await nats.createBucket("ALL", { sources: [{ bucket: "ONE" }] });
  await bucket.put("a", "1");
  const text = await exported(bucket);
  expect(JSON.parse(text.split("\n")[0] ?? "").config).not.toHaveProperty("sources");
  await imported(store, text);
  expect(await (await store.openBucket("ALL")).get("a")).toMatchObject({ revision: 1 });
});

it("an export of a bucket in use has every key, with a value that it had", async () => {
  const bucket = await store.createBucket("BUSY");
  const keys = Array.from({ length: 2000 }, (_, index) => `key.${index}`);
  await Promise.all(keys.map((key) => bucket.put(key, "0")));
  let text = "";
  let writes = 0;
  await exportBucket(bucket, async (piece) => {
    text += piece;
    writes += 1;
    if (writes < 4) await Promise.all(keys.slice(-500).map((key) => bucket.put(key, String(writes))));
  });
  await imported(store, text, { bucket: "COPY" });
  const copy: string[] = [];
  for await (const entry of (await store.openBucket("COPY")).history())
    copy.push(`${entry.key}=${entry.string()}`);
  const wanted: string[] = [];
  for await (const entry of bucket.history()) wanted.push(`${entry.key}=${entry.string()}`);
  expect(copy.toSorted()).toEqual(wanted.toSorted());
});
