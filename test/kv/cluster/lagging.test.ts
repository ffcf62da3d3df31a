/** Reading from a replica that lags behind its leader, on a real three-node cluster: nothing acknowledged is left out. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Store } from "../../../src/kv/store.ts";
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

async function keysOf(bucket: Bucket): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of bucket.keys("key.*")) keys.push(key);
  return keys;
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

it("keys, history and watch: have the caller's own put at once, 300 times", async () => {
  const bucket = await store.createBucket("OWN", { replicas: 3, history: 5 });
  for (let round = 1; round <= 300; round++) {
    const revision = await bucket.put(`key.${round}`, "1");
    const [keys, seen] = await Promise.all([keysOf(bucket), revisionsUpToReady(bucket, revision)]);
    expect(keys).toHaveLength(round);
    expect(seen).toEqual([revision]);
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
