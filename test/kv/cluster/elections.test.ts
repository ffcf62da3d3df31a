/** Requests while a stream or JetStream itself elects a leader, on a real three-node cluster. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { acquireLock } from "../../../src/kv/lock.ts";
import { openStore } from "../../../src/kv/open.ts";
import { createSemaphore } from "../../../src/kv/semaphore.ts";
import type { Store } from "../../../src/kv/store.ts";
import { type RunningCluster, startCluster } from "../../setup/nats-cluster.ts";
import { replicasOf } from "./replicas.ts";

let cluster: RunningCluster;
let store: Store;
beforeAll(async () => {
  cluster = await startCluster();
  store = await openStore(cluster.url);
});
afterAll(async () => {
  await store.close();
  await cluster[Symbol.asyncDispose]();
});

it("put: succeeds right after its bucket with three replicas was made", async () => {
  for (let round = 0; round < 20; round++) {
    const bucket = await store.createBucket(`NEW${round}`, { replicas: 3 });
    expect(await bucket.put("a", "1")).toBe(1);
  }
});

it("put: a bucket that is gone is reported at once, not after retries", async () => {
  const bucket = await store.createBucket("GONE");
  const other = await openStore(cluster.url);
  await other.destroyBucket("GONE");
  await other.close();
  await expect(bucket.put("a", "1")).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND" });
});

it("acquireLock and acquire of a semaphore: keep trying while two of three nodes are down", async () => {
  const bucket = await store.createBucket("LOCKS", { replicas: 3 });
  const semaphore = await createSemaphore(bucket, "builds", { capacity: 1 });
  const { leader, followers } = await replicasOf(cluster.url, "LOCKS");
  const stopped = [cluster.node(leader), cluster.node(followers[0])];
  for (const node of stopped) await node.stop();
  const refused = acquireLock(bucket, "b", { waitMs: 6000 });
  const lock = acquireLock(bucket, "a", { waitMs: 60_000 });
  const slot = semaphore.acquire({ waitMs: 60_000 });
  await expect(refused).rejects.toMatchObject({
    code: "TIMEOUT",
    message: "key b of bucket LOCKS was not free within 6000 ms",
  });
  for (const node of stopped) await node.start();
  await using held = await lock;
  await using inUse = await slot;
  expect([held.isHeld, inUse.isHeld]).toEqual([true, true]);
});
