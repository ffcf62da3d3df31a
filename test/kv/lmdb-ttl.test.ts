/** Entries that end on the embedded engine: without timers, by timers, after reopening, by other processes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Environment } from "../../src/kv/engines/lmdb/environment.ts";
import { expiryRange } from "../../src/kv/engines/lmdb/layout.ts";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket, Store } from "../../src/kv/store.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { codeFrom, historyOf, initial, listed, shown, taken } from "./contract/harness.ts";
import { elapse } from "./fixtures/elapse.ts";
import { startStoreProcess } from "./fixtures/start.ts";

/** More than any page of a sweep or a read. */
const many = 1300;

describe("entries that end", () => {
  let directory: string;
  let clock: SimulatedClock;
  let store: Store;
  let bucket: Bucket;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    // The time of the other processes, so that their deadlines are ahead.
    clock = new SimulatedClock(Date.now());
    store = await openStore(directory, { clock });
    bucket = await store.createBucket("B", { markerTtlMs: 60_000, history: 5 });
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  /** What is in the index of ends, of all buckets that were made here. */
  async function indexed(): Promise<number> {
    await store.close();
    const environment = new Environment(directory);
    const found = [1, 2].map((id) => environment.fresh().scan(expiryRange(id), many).records.length);
    await environment.close();
    return found.reduce((sum, length) => sum + length, 0);
  }

  async function createMany(): Promise<void> {
    const keys = Array.from({ length: many }, (_, at) => `key${at}`);
    await Promise.all(keys.map((key) => bucket.create(key, "value", { ttlMs: 60_000 })));
  }

  it("are invisible at that moment, before anything removes them", async () => {
    await bucket.put("a", "old");
    await bucket.delete("a");
    await bucket.create("a", "new", { ttlMs: 60_000 });
    clock.leap(59_999);
    expect((await bucket.get("a"))?.string()).toBe("new");
    clock.leap(1);
    expect(await bucket.get("a")).toBeNull();
    expect(await bucket.entry("a")).toBeNull();
    for (const revision of [1, 2, 3]) expect(await bucket.entry("a", { revision })).toBeNull();
    expect(await listed(bucket.keys())).toEqual([]);
    expect(await historyOf(bucket)).toEqual([]);
    expect(await initial(bucket.watch())).toEqual(["READY"]);
    expect(await initial(bucket.watch(">", { includeHistory: true }))).toEqual(["READY"]);
    expect(await codeFrom(() => bucket.revert("a", 3))).toBe("KEY_NOT_FOUND");
  });

  it("are no longer there for writes, which meet the marker", async () => {
    for (const key of ["a", "b", "c"]) await bucket.create(key, "1", { ttlMs: 60_000 });
    await using watch = bucket.watch(">", { updatesOnly: true });
    clock.leap(60_000);
    expect(await codeFrom(() => bucket.update("a", "2", 1))).toBe("WRONG_REVISION");
    expect(await bucket.update("a", "2", 4)).toBe(5);
    expect(await bucket.create("b", "2")).toBe(7);
    expect(await bucket.status()).toMatchObject({ values: 5, revision: 8 });
    expect(await taken(watch, 6)).toEqual([
      "READY",
      "PURGE:a=@4/0",
      "PUT:a=2@5/0",
      "PURGE:b=@6/0",
      "PUT:b=2@7/0",
      "PURGE:c=@8/0",
    ]);
  });

  it("are removed by a timer, to the millisecond, and nobody has to ask", async () => {
    await bucket.create("a", "1", { ttlMs: 90_000 });
    await bucket.create("b", "1", { ttlMs: 70_000 });
    await using watch = bucket.watch(">", { updatesOnly: true });
    await watch.next();
    const next = watch.next();
    await clock.advance(70_000);
    const { value } = await next;
    expect(value).toMatchObject({ key: "b", operation: "PURGE", created: new Date(clock.now()) });
  });

  it("go in pages when they are many, each with one marker", async () => {
    await createMany();
    await using watch = bucket.watch(">", { updatesOnly: true });
    clock.leap(60_000);
    expect(await bucket.status()).toMatchObject({ values: many, revision: 2 * many });
    const markers = (await taken(watch, many + 1)).slice(1);
    expect(new Set(markers.map((marker) => marker.split("=")[0])).size).toBe(many);
    clock.leap(60_000);
    expect(await bucket.status()).toMatchObject({ values: 0, bytes: 0, revision: 2 * many });
    expect(await indexed()).toBe(0);
  });

  it("are removed as far as it comes when the store closes meanwhile, the rest after it", async () => {
    await createMany();
    clock.leap(60_000);
    await clock.advance(0);
    await store.close();
    store = await openStore(directory, { clock });
    bucket = await store.openBucket("B");
    expect(await bucket.status()).toMatchObject({ values: many, revision: 2 * many });
    expect(await listed(bucket.keys())).toEqual([]);
  });

  it("do not hold up a watch that goes through the log", async () => {
    await createMany();
    await bucket.put("alive", "1");
    clock.leap(60_000);
    expect(await initial(bucket.watch(">", { resumeFromRevision: 1 }))).toEqual([
      `PUT:alive=1@${many + 1}/0`,
      "READY",
    ]);
  });

  it("that ended while no process ran are removed after opening, once", async () => {
    await bucket.create("a", "1", { ttlMs: 60_000 });
    await bucket.create("b", "1", { ttlMs: 600_000 });
    await store.close();
    clock.leap(100_000);
    store = await openStore(directory, { clock });
    bucket = await store.openBucket("B");
    expect(await bucket.get("a")).toBeNull();
    await using watch = bucket.watch(">", { resumeFromRevision: 2 });
    await elapse(store, clock, 1000);
    await bucket.put("c", "1");
    expect(await taken(watch, 4)).toEqual(["PUT:b=1@2/0", "READY", "PURGE:a=@3/0", "PUT:c=1@4/0"]);
    // The marker's life began when it was written.
    await elapse(store, clock, 58_000);
    expect((await bucket.entry("a"))?.operation).toBe("PURGE");
    await elapse(store, clock, 2000);
    expect(await bucket.entry("a")).toBeNull();
  });

  it("leave no index behind when they are overwritten, purged, emptied or destroyed", async () => {
    const other = await store.createBucket("OTHER", { markerTtlMs: 1000, ttlMs: 3000 });
    await Promise.all(["a", "b"].map((key) => other.create(key, "1", { ttlMs: 2000 })));
    await store.destroyBucket("OTHER");
    for (const key of ["a", "b", "c"]) await bucket.create(key, "1", { ttlMs: 60_000 });
    for (let value = 0; value < 5; value++) await bucket.put("a", String(value));
    await bucket.purge("b");
    await bucket.delete("c");
    await bucket.purgeDeletes(0);
    await bucket.create("d", "1", { ttlMs: 60_000 });
    await bucket.empty();
    await elapse(store, clock, 100);
    expect(await indexed()).toBe(0);
  });

  it("are touched in vain when it is too late", async () => {
    const locks = await store.createBucket("LOCKS", { markerTtlMs: 60_000 });
    await locks.create("a", "1", { ttlMs: 1000 });
    clock.leap(1000);
    expect(await codeFrom(() => locks.touch("a", 1000, { expectedRevision: 1 }))).toBe("WRONG_REVISION");
    expect(await codeFrom(() => locks.touch("a", 1000))).toBe("KEY_NOT_FOUND");
  });

  describe("of several processes", () => {
    // With history 1, where lives may be as short as a second.
    beforeEach(async () => {
      bucket = await store.createBucket("LEASES", { markerTtlMs: 60_000 });
    });

    it("that another process wrote, and did not live to remove, are removed here", async () => {
      await using watch = bucket.watch("k7");
      await watch.next();
      await using other = startStoreProcess("lease", directory, "LEASES");
      await other.until("done");
      await other.kill();
      expect((await taken(watch, 1))[0]).toContain("PUT:k7=1@");
      await clock.advance(10_000);
      expect((await taken(watch, 1))[0]).toContain("PURGE:k7=@");
    });

    it("that another process removes are told here", async () => {
      // The clock of this process stands still.
      await using watch = bucket.watch("k7", { updatesOnly: true });
      await using other = startStoreProcess("lease", directory, "LEASES");
      expect((await taken(watch, 2))[1]).toContain("PUT:k7=1@");
      expect((await taken(watch, 1))[0]).toContain("PURGE:k7=@");
      await other.kill();
    });

    it("and that two processes remove at once have one marker each", async () => {
      await store.close();
      store = await openStore(directory, { clock: systemClock });
      bucket = await store.openBucket("LEASES");
      await using watch = bucket.watch();
      await watch.next();
      await using other = startStoreProcess("lease", directory, "LEASES");
      await other.until("done");
      const seen = await taken(watch, 100);
      const markers = seen.filter((item) => item.startsWith("PURGE"));
      expect(new Set(markers.map((marker) => marker.split("=")[0])).size).toBe(50);
      expect(await bucket.status()).toMatchObject({ revision: 100, values: 50 });
      await other.kill();
    });
  });

  it("keep no timer once the store is closed", async () => {
    await bucket.create("a", "1", { ttlMs: 60_000 });
    await store.createBucket("AGES", { ttlMs: 1000 });
    expect(clock.armed).toBeGreaterThan(0);
    await store.close();
    expect(clock.armed).toBe(0);
  });

  it("may have a ttl beyond all time", async () => {
    await bucket.create("a", "1", { ttlMs: Number.MAX_SAFE_INTEGER });
    clock.leap(1e12);
    const entry = await bucket.get("a");
    expect(entry && shown(entry)).toBe("PUT:a=1@1/0");
  });
});
