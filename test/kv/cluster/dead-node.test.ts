/** A node of the cluster dies: watches go on long before heartbeats are missed. */
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "nats";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Watch } from "../../../src/kv/store.ts";
import { type RunningCluster, startCluster } from "../../setup/nats-cluster.ts";
import { listed, taken } from "../contract/harness.ts";
import { recordApiRequests } from "../fixtures/api-requests.ts";
import { untilDone } from "./faults/writer.ts";
import { replicasOf } from "./replicas.ts";

/** Longer than a test may take: only the look at the node can find that it is gone. */
const nats = { heartbeatMs: 3_600_000 };

let cluster: RunningCluster;

beforeEach(async () => {
  cluster = await startCluster();
});

afterEach(() => cluster[Symbol.asyncDispose]());

/** Where the newest consumer of the bucket lives. */
async function consumerNode(url: string): Promise<string | undefined> {
  const connection = await connect({ servers: url.replace("nats://", "") });
  try {
    const { consumers } = await jetstreamManager(connection);
    // One that was stopped just now may still be there.
    const found = await listed(consumers.list("KV_R3"));
    return found.toSorted((left, right) => (left.created < right.created ? 1 : -1))[0]?.cluster?.leader;
  } finally {
    await connection.close();
  }
}

/** The server chooses the node of a consumer: until the choice is a wanted one. */
async function watchOn(bucket: Bucket, url: string, isWanted: (node: string) => boolean) {
  for (;;) {
    const watch = bucket.watch(">", { updatesOnly: true });
    expect(await taken(watch, 1)).toEqual(["READY"]);
    const node = await consumerNode(url);
    if (node !== undefined && isWanted(node)) return watch;
    watch.stop();
  }
}

async function revisionsUpTo(watch: Watch, last: number): Promise<number[]> {
  const revisions: number[] = [];
  for await (const { revision } of watch) {
    revisions.push(revision);
    if (revision >= last) break;
  }
  return revisions;
}

it.each(["leader", "follower"])(
  "a watch goes on when the %s on which its consumer lives is killed",
  async (role) => {
    await using setup = await openStore(cluster.url);
    await setup.createBucket("R3", { replicas: 3, history: 5 });
    const { leader, followers } = await replicasOf(cluster.url, "R3");
    // The store uses a node that stays: a lost connection would make the watch begin again, too.
    const { url } = cluster.node(role === "leader" ? followers[0] : followers[1]);
    const doomed = role === "leader" ? leader : followers[0];
    await using store = await openStore(url, { nats });
    const bucket = await store.openBucket("R3");
    const watch = await watchOn(bucket, url, (node) => node === doomed);
    await cluster.node(doomed).stop();
    const revision = await untilDone(() => bucket.put("a", "after"));
    expect((await revisionsUpTo(watch, revision)).at(-1)).toBe(revision);
  },
);

it("a watch whose consumer lives on another node misses nothing when the leader of its bucket is killed", async () => {
  await using setup = await openStore(cluster.url);
  await setup.createBucket("R3", { replicas: 3, history: 5 });
  const { leader, followers } = await replicasOf(cluster.url, "R3");
  const { url } = cluster.node(followers[0]);
  await using store = await openStore(url, { nats });
  await using requests = await recordApiRequests(url);
  const bucket = await store.openBucket("R3");
  const watch = await watchOn(bucket, url, (node) => node !== leader);
  const acknowledged: number[] = [];
  const put = async (key: string): Promise<void> => {
    acknowledged.push(await untilDone(() => bucket.put(key, "1")));
  };
  for (let number = 0; number < 50; number++) await put(`before.${number}`);
  await cluster.node(leader).stop();
  for (let number = 0; number < 50; number++) await put(`after.${number}`);
  // One look that the new leader answered.
  await requests.next("CONSUMER.NAMES.KV_R3", 1);
  await put("last");
  const seen = await revisionsUpTo(watch, acknowledged.at(-1) ?? 0);
  expect(seen).toEqual(expect.arrayContaining(acknowledged));
});
