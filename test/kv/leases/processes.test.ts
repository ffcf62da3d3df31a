/** Locks between real processes, one of them killed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acquireLock } from "../../../src/kv/lock.ts";
import { openStore } from "../../../src/kv/open.ts";
import { kinds, startServer } from "../../setup/nats-server.ts";
import { startStoreProcess } from "../fixtures/start.ts";
import { lossOf } from "./engines.ts";

interface Place extends AsyncDisposable {
  readonly url: string;
}

async function inDirectory(): Promise<Place> {
  const url = await mkdtemp(join(tmpdir(), "machinist-leases-"));
  return { url, [Symbol.asyncDispose]: () => rm(url, { recursive: true }) };
}

const places = [
  { name: "LMDB", open: inDirectory },
  ...kinds.map((kind) => ({ name: `NATS (${kind})`, open: () => startServer(kind) })),
];

describe.each(places)("processes on $name", ({ open }) => {
  let place: Place;

  beforeAll(async () => {
    place = await open();
  });

  afterAll(() => place[Symbol.asyncDispose]());

  it("lose no update that they make under the lock", async () => {
    await using store = await openStore(place.url);
    const bucket = await store.createBucket("GUARDED");
    await using one = startStoreProcess("guarded", place.url, "GUARDED");
    await using two = startStoreProcess("guarded", place.url, "GUARDED");
    await using three = startStoreProcess("guarded", place.url, "GUARDED");
    await Promise.all([one.until("done"), two.until("done"), three.until("done")]);
    expect((await bucket.get("counter"))?.string()).toBe("75");
  });

  it("get the lock of one that was killed, with a higher fence", async () => {
    await using store = await openStore(place.url);
    const bucket = await store.createBucket("KILLED");
    await using holder = startStoreProcess("hold", place.url, "KILLED");
    const fence = Number(await holder.next());
    const next = acquireLock(bucket, "lock", { ttlMs: 1000 });
    await holder.kill();
    await using lock = await next;
    expect(lock.fence).toBeGreaterThan(fence);
  });
});

describe.each(kinds)("a lock on NATS (%s) whose server goes", (kind) => {
  it("down and up again within the ttl stays", async () => {
    await using server = await startServer(kind);
    await using store = await openStore(server.url);
    const bucket = await store.createBucket("LOCKS");
    const lock = await acquireLock(bucket, "lock", { ttlMs: 5000 });
    await server.restart();
    // Renewed on the new server, whenever that was.
    await using watch = bucket.watch("lock", { resumeFromRevision: lock.fence + 1 });
    let renewed = 0;
    for await (const item of watch) if (item.operation === "PUT" && ++renewed === 2) break;
    expect(lock.isHeld).toBe(true);
    await lock.release();
  });

  it("away for longer is lost", async () => {
    const server = await startServer(kind);
    await using store = await openStore(server.url);
    const bucket = await store.createBucket("LOCKS");
    const lock = await acquireLock(bucket, "lock", { ttlMs: 1000 });
    await server[Symbol.asyncDispose]();
    expect(await lossOf(lock.lost)).toMatchObject({ code: "LEASE_LOST" });
    expect(lock.isHeld).toBe(false);
    await lock.release();
  });
});
