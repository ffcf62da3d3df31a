/** Reading from a replica that lags behind its leader, on a real three-node cluster: nothing acknowledged is left out. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Store } from "../../../src/kv/store.ts";
import { exportBucket } from "../../../src/kv/transfer/export-bucket.ts";
import { type RunningCluster, startCluster } from "../../setup/nats-cluster.ts";
import { replicasOf } from "./replicas.ts";

let cluster: RunningCluster;
let store: Store;
beforeAll(async () => {
  cluster = await startCluster();
  // One node, which is not stopped: a lost connection is another test's subject.
  store = await openStore(cluster.nodes[0]?.url ?? "");
});
afterAll(async () => {
  await store.close();
  await cluster[Symbol.asyncDispose]();
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function keysOf(bucket: Bucket): Promise<string[]> {
  return await all(bucket.keys("key.*"));
}

async function exportedKeys(bucket: Bucket): Promise<string[]> {
  let text = "";
  await exportBucket(bucket, async (piece) => {
    text += piece;
  });
  const lines = text.trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as { key?: string }).key ?? "");
}

/** Revisions that a `deliver: every` watch with a cursor would see before READY. */
async function revisionsUpToReady(bucket: Bucket, from: number): Promise<number[]> {
  const seen: number[] = [];
  await using watch = bucket.watch("key.*", { resumeFromRevision: from });
  for await (const item of watch) {
    if (item.operation === "READY") return seen;
    seen.push(item.revision);
  }
  throw new Error("the watch ended before READY");
}

it("history, export, delete and compact: have everything while a follower catches up after a restart", async () => {
  const bucket = await store.createBucket("SWEEP", { replicas: 3 });
  const filler = "x".repeat(200_000);
  const groups = Array.from({ length: 10 }, (_, group) => group);
  for (let round = 1; round <= 4; round++) {
    const keys = groups.flatMap((group) => groups.map((at) => `key.${round}.${group}.${at}`));
    const { followers } = await replicasOf(cluster.url, "SWEEP");
    const follower = cluster.node(followers.find((name) => name !== "n1"));
    await follower.stop();
    await Promise.all(Array.from({ length: 200 }, (_, at) => bucket.put(`fill.${at % 10}`, filler)));
    await Promise.all(groups.map((at) => bucket.delete(`gone.${round}.${at}`)));
    await Promise.all(keys.map((key) => bucket.put(key, "1")));
    await follower.start();
    const compacted = bucket.purgeDeletes(0);
    const [histories, exports] = await Promise.all([
      Promise.all(groups.map(async () => (await all(bucket.history("key.>"))).map(({ key }) => key))),
      Promise.all(groups.map(() => exportedKeys(bucket))),
    ]);
    // A replica that lags may still have more than that: entries that the leader has removed.
    for (const found of [...histories, ...exports]) expect(found).toEqual(expect.arrayContaining(keys));
    await compacted;
    // Read from the leader.
    for (const at of groups) expect(await bucket.entry(`gone.${round}.${at}`)).toBeNull();
    await Promise.all(groups.map((group) => bucket.delete(`key.${round}.${group}.*`)));
    for (const key of keys) expect(await bucket.get(key)).toBeNull();
  }
});

it("keys and watch: have everything while a follower catches up after a restart", async () => {
  const bucket = await store.createBucket("BACK", { replicas: 3 });
  const filler = "x".repeat(200_000);
  for (let round = 1; round <= 5; round++) {
    const { followers } = await replicasOf(cluster.url, "BACK");
    const follower = cluster.node(followers.find((name) => name !== "n1"));
    await follower.stop();
    const fill = Array.from({ length: 200 }, (_, at) => bucket.put(`fill.${at % 10}`, filler));
    await Promise.all(fill);
    const first = await bucket.put("first", "1");
    const puts = Array.from({ length: 100 }, (_, at) => bucket.put(`key.${round}-${at}`, "1"));
    await Promise.all(puts);
    await follower.start();
    const wanted = round * 100;
    const found = await Promise.all(Array.from({ length: 10 }, () => keysOf(bucket)));
    expect(found.map((keys) => keys.length)).toEqual(Array(10).fill(wanted));
    const seen = await Promise.all(Array.from({ length: 10 }, () => revisionsUpToReady(bucket, first)));
    expect(seen.map((revisions) => revisions.length)).toEqual(Array(10).fill(100));
  }
});
