/**
 * Going on from a revision that the consumer's replica does not have yet: servers before 2.11 begin at the replica's own end
 * then, and send entries that are older than the one that was asked for.
 */
import { Kvm } from "@nats-io/kv";
import { connect } from "nats";
import { expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import { startCluster } from "../../setup/nats-cluster.ts";
import { replicasOf } from "./replicas.ts";

it("watch from a revision: has no older entry while a follower catches up after a restart", async () => {
  await using cluster = await startCluster("old");
  await using store = await openStore(cluster.nodes[0]?.url ?? "");
  await createWithAnotherTool(cluster.nodes[0]?.url ?? "", "BACK");
  const bucket = await store.openBucket("BACK");
  const filler = "x".repeat(200_000);
  for (let round = 1; round <= 3; round++) {
    const { followers } = await replicasOf(cluster.url, "BACK");
    const follower = cluster.node(followers.find((name) => name !== "n1"));
    await follower.stop();
    await Promise.all(Array.from({ length: 200 }, (_, at) => bucket.put(`fill.${at % 10}`, filler)));
    const keys = Array.from({ length: 100 }, (_, at) => `key.${round}-${at}`);
    const revisions = await Promise.all(keys.map((key) => bucket.put(key, "1")));
    const from = revisions[50] ?? 0;
    await follower.start();
    const found = await Promise.all(Array.from({ length: 20 }, () => upToReady(from)));
    for (const seen of found) expect(seen).toEqual(revisions.slice(50));
  }

  async function upToReady(from: number): Promise<number[]> {
    const seen: number[] = [];
    await using watch = bucket.watch("key.*", { resumeFromRevision: from });
    for await (const item of watch) {
      if (item.operation === "READY") return seen;
      seen.push(item.revision);
    }
    throw new Error("the watch ended before READY");
  }
});

/** machinist itself refuses replicas on this server: their conditional writes are not exclusive. */
async function createWithAnotherTool(url: string, bucket: string): Promise<void> {
  const connection = await connect({ servers: url.replace("nats://", "") });
  try {
    await new Kvm(connection).create(bucket, { replicas: 3 });
  } finally {
    await connection.close();
  }
}
