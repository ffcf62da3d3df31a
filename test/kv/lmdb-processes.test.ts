/** Several processes on one store of the embedded engine. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket, Store } from "../../src/kv/store.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { codeFrom, shown, taken } from "./contract/harness.ts";
import { program, startStoreProcess } from "./fixtures/start.ts";
import { floodKey, floodValue } from "./fixtures/store-process.ts";

const cli = join(import.meta.dirname, "../../dist/src/cli/bin.js");

describe("several processes on one store", () => {
  let directory: string;
  let clock: SimulatedClock;
  let store: Store;
  let bucket: Bucket;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    // A clock that stands still: nothing is seen by looking now and then, only by the doorbell.
    clock = new SimulatedClock();
    store = await openStore(directory, { clock });
    bucket = await store.createBucket("B", { history: 64 });
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  it("a bucket that another process makes is noticed", async () => {
    const appears = store.whenBucketExists("LATE", new AbortController().signal);
    const made = spawnSync(process.execPath, [cli, "kv", "add", "LATE", "--store", `lmdb:${directory}`]);
    expect(made.status).toBe(0);
    await appears;
  });

  it("a watch here sees the puts of another process, all of them and in order", async () => {
    await using watch = bucket.watch();
    await watch.next();
    await using other = startStoreProcess("put", directory, "B");
    const seen = await taken(watch, 100);
    expect(seen).toEqual(
      Array.from({ length: 100 }, (_, index) => `PUT:key${(index + 1) % 7}=${index + 1}@${index + 1}/0`),
    );
    await other.until("done");
  });

  it("a watch of another process sees the puts of this one", async () => {
    await using other = startStoreProcess("watch", directory, "B");
    await other.until("READY");
    for (let revision = 1; revision <= 20; revision++) {
      await bucket.put("a", "value");
      expect(await other.next()).toBe(revision);
    }
  });

  it("get sees what another process has been told is written", async () => {
    expect(await bucket.get("key2")).toBeNull();
    await using other = startStoreProcess("put", directory, "B");
    await other.until("done");
    const entry = await bucket.get("key2");
    expect(entry && shown(entry)).toBe("PUT:key2=100@100/0");
  });

  it("get sees it even in the turn of the event loop in which it saw the old one", async () => {
    expect(await bucket.get("key2")).toBeNull();
    expect(spawnSync(process.execPath, [program, "put", directory, "B"]).status).toBe(0);
    expect((await bucket.get("key2"))?.revision).toBe(100);
  });

  it("a watch sees both, all and in order, when two processes write at once", async () => {
    await using watch = bucket.watch();
    await watch.next();
    await using other = startStoreProcess("put", directory, "B");
    let writing = true;
    const done = other.until("done").then(() => {
      writing = false;
    });
    for (let number = 0; writing; number++) await bucket.put(`own.${number}`, "value");
    await done;
    const { revision } = await bucket.status();
    const seen: number[] = [];
    for await (const item of watch) if (seen.push(item.revision) === revision) break;
    expect(seen).toEqual(Array.from({ length: revision }, (_, index) => index + 1));
  });

  it("a lost ring costs no more than the slow look", async () => {
    await using watch = bucket.watch();
    await watch.next();
    const waiting = watch.next();
    // The other process makes a new doorbell, which nobody here hears.
    await unlink(join(directory, "doorbell"));
    await using other = startStoreProcess("put", directory, "B");
    await other.until("done");
    await clock.advance(500);
    expect((await waiting).value).toMatchObject({ revision: 1 });
  });

  it("a bucket destroyed by another process ends the watch and the handle", async () => {
    const watch = bucket.watch();
    await watch.next();
    const waiting = codeFrom(() => watch.next());
    await using other = startStoreProcess("destroy", directory, "B");
    await other.until("done");
    expect(await waiting).toBe("BUCKET_NOT_FOUND");
    expect(await codeFrom(() => bucket.get("a"))).toBe("BUCKET_NOT_FOUND");
    expect(await codeFrom(() => bucket.put("a", "1"))).toBe("BUCKET_NOT_FOUND");
  });

  it("four processes that increment one counter lose no update", async () => {
    await bucket.put("counter", "0");
    const processes = Array.from({ length: 4 }, () => startStoreProcess("increment", directory, "B"));
    try {
      await Promise.all(processes.map((one) => one.until("done")));
    } finally {
      await Promise.all(processes.map((one) => one.kill()));
    }
    const entry = await bucket.get("counter");
    expect(entry && shown(entry)).toBe("PUT:counter=1000@1001/0");
  });

  it("50 writers killed with SIGKILL: nothing acknowledged is lost, nothing is torn, the survivor goes on", async () => {
    await store.createBucket("FLOOD", { history: 2 });
    // The next one starts meanwhile, so a writer is also killed while another one writes.
    let next = startStoreProcess("flood", directory, "FLOOD", "w1");
    for (let round = 1; round <= 50; round++) {
      const writer = next;
      next = startStoreProcess("flood", directory, "FLOOD", `w${round + 1}`);
      const acknowledged: unknown[] = [];
      const enough = 1 + ((round * 53) % 150);
      while (acknowledged.length < enough) acknowledged.push(await writer.next());
      await writer.kill();
      acknowledged.push(...writer.told);
      expect(await bucket.put("survivor", String(round))).toBe(round);
      await expectWhole(`w${round}`, acknowledged.map(Number));
    }
    await next.kill();
  });

  async function expectWhole(writer: string, acknowledged: readonly number[]): Promise<void> {
    const flooded = await store.openBucket("FLOOD");
    const newest = new Map<string, number>();
    for await (const entry of flooded.history(`${writer}.*`)) {
      const number = Number.parseInt(entry.string(), 10);
      expect(entry.string() === floodValue(number)).toBe(true);
      newest.set(entry.key, number);
    }
    for (const number of acknowledged) {
      expect(newest.get(floodKey(writer, number))).toBeGreaterThanOrEqual(number);
    }
  }
});
