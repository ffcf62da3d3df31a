/** A bucket that is changed by another process, or by one that is killed meanwhile. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Batch } from "../../src/kv/engines/lmdb/batch.ts";
import { findBucket } from "../../src/kv/engines/lmdb/bucket-identity.ts";
import { editBucket, sweepTrims } from "../../src/kv/engines/lmdb/editing.ts";
import { Environment } from "../../src/kv/engines/lmdb/environment.ts";
import { revert } from "../../src/kv/engines/lmdb/operations.ts";
import { entryAt, headPage, logPage, type View } from "../../src/kv/engines/lmdb/reading.ts";
import { compileFilter } from "../../src/kv/names.ts";
import { openStore } from "../../src/kv/open.ts";
import type { BucketConfig } from "../../src/kv/store.ts";
import { startServer } from "../setup/nats-server.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { codeFrom, historyOf, listed, taken } from "./contract/harness.ts";
import { elapse } from "./fixtures/elapse.ts";
import { startStoreProcess } from "./fixtures/start.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
});

afterEach(() => rm(directory, { recursive: true }));

async function editElsewhere(bucket: string, changes: Partial<BucketConfig>): Promise<void> {
  await using other = startStoreProcess("edit", directory, bucket, JSON.stringify(changes));
  await other.until("done");
}

describe("a bucket that another process changes", () => {
  it("the handles that are open follow", async () => {
    await using store = await openStore(directory);
    const bucket = await store.createBucket("B", { history: 3, maxValueSize: 5 });
    for (const value of ["1", "2", "3"]) await bucket.put("a", value);
    await editElsewhere("B", { history: 1, maxValueSize: 2, markerTtlMs: 60_000 });
    expect(await historyOf(bucket)).toEqual(["PUT:a=3@3/0"]);
    expect(await codeFrom(() => bucket.put("a", "123"))).toBe("VALUE_TOO_LARGE");
    expect(await bucket.create("b", "1", { ttlMs: 60_000 })).toBe(4);
    expect(await bucket.touch("b", 60_000)).toBe(5);
    await bucket.put("a", "4");
    expect(await historyOf(bucket, "a")).toEqual(["PUT:a=4@6/0"]);
    expect(await bucket.status()).toMatchObject({ history: 1, maxValueSize: 2, values: 2 });
  });

  it("a watch that is open learns of ends that were none before", async () => {
    // For the other process nothing ends, and no marker is over before this one has looked.
    const clock = new SimulatedClock(Date.now());
    await using store = await openStore(directory, { clock });
    const bucket = await store.createBucket("B");
    await bucket.put("a", "1");
    await using watch = bucket.watch();
    expect(await taken(watch, 2)).toEqual(["PUT:a=1@1/0", "READY"]);
    await editElsewhere("B", { ttlMs: 3_600_000, markerTtlMs: 60_000 });
    clock.leap(3_600_000);
    await elapse(store, clock, 1000);
    expect(await taken(watch, 1)).toEqual(["PURGE:a=@2/0"]);
  });

  it("on NATS another connection follows", async () => {
    await using server = await startServer("current");
    await using store = await openStore(server.url);
    await using other = await openStore(server.url);
    const bucket = await store.createBucket("B", { maxValueSize: 5 });
    await using watch = bucket.watch();
    await bucket.put("a", "12");
    // What has ended before it was sent is not sent: so it is here before it ends, and its marker has time to come.
    expect(await taken(watch, 2)).toEqual(["READY", "PUT:a=12@1/0"]);
    await other.editBucket("B", { maxValueSize: 2, markerTtlMs: 60_000, ttlMs: 2000 });
    expect(await taken(watch, 1)).toEqual(["PURGE:a=@2/0"]);
    expect((await bucket.status()).maxValueSize).toBe(2);
    expect(await codeFrom(() => bucket.put("a", "123"))).toBe("VALUE_TOO_LARGE");
  });
});

describe("a process that ends after it has lowered the history", () => {
  const keys = Array.from({ length: 1200 }, (_, at) => `k${1000 + at}`);
  let environment: Environment;
  let view: View;

  async function write<T>(work: (batch: Batch) => T): Promise<T> {
    return environment.write((records) => {
      const batch = new Batch(records, Date.now());
      const result = work(batch);
      batch.flush();
      return result;
    });
  }

  beforeEach(async () => {
    await using store = await openStore(directory);
    const bucket = await store.createBucket("B", { history: 3 });
    for (const value of ["1", "2", "3"]) await Promise.all(keys.map((key) => bucket.put(key, value)));
    await store.close();
    environment = new Environment(directory);
    await write(editBucket("B", { history: 2 }));
    const bucketNow = findBucket(environment.fresh(), "B");
    if (!bucketNow) throw new Error("the bucket is gone");
    view = { environment, bucket: bucketNow, now: () => Date.now() };
  });

  it.each([0, 1, 2])(
    "shows no more than the new one, and the next to open removes the rest: %i pages done",
    async (pages) => {
      for (let page = 0; page < pages; page++) expect(await write(sweepTrims)).toBe(true);
      for (const key of ["k1000", "k2199"]) {
        expect([1, 2, 3].map((round) => entryAt(view, key, revisionOf(key, round))?.string())).toEqual([
          undefined,
          "2",
          "3",
        ]);
        const page = headPage(view, compileFilter(key));
        expect(page.heads[0]?.[1].older.map(({ revision }) => revision)).toEqual([revisionOf(key, 2)]);
      }
      expect(logPage(view, 1, 1200).records.filter(({ revision }) => revision <= 1200)).toEqual([]);
      const old = revert({ bucket: view.bucket, key: "k2199" }, revisionOf("k2199", 1));
      expect(await codeFrom(() => write(old))).toBe("KEY_NOT_FOUND");
      await environment.close();
      await using store = await openStore(directory);
      const bucket = await store.openBucket("B");
      expect((await bucket.status()).values).toBe(2400);
      expect(await listed(bucket.history(">", { metaOnly: true }))).toHaveLength(2400);
    },
  );

  it("a higher one brings nothing back", async () => {
    await write(editBucket("B", { history: 5 }));
    await environment.close();
    await using store = await openStore(directory);
    const bucket = await store.openBucket("B");
    expect(await historyOf(bucket, "k2199")).toEqual(["PUT:k2199=2@2400/1", "PUT:k2199=3@3600/0"]);
    expect(await bucket.status()).toMatchObject({ history: 5, values: 2400 });
  });

  it("a bucket that is made anew under the name is not touched", async () => {
    await environment.close();
    await using store = await openStore(directory);
    await store.destroyBucket("B");
    const bucket = await store.createBucket("B", { history: 3 });
    for (const value of ["1", "2", "3"]) await bucket.put("a", value);
    expect(await bucket.status()).toMatchObject({ values: 3 });
  });

  function revisionOf(key: string, round: number): number {
    return keys.indexOf(key) + 1 + (round - 1) * keys.length;
  }
});
