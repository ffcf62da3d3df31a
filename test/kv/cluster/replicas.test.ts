/** A bucket with three replicas on a real three-node cluster. */
import { expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import { startCluster } from "../../setup/nats-cluster.ts";
import { replicasOf } from "./replicas.ts";

it("bucket with three replicas: reads and writes while a follower is down", async () => {
  await using cluster = await startCluster();
  const [used] = cluster.nodes;
  await using store = await openStore(used?.url ?? "");
  const bucket = await store.createBucket("R3", { replicas: 3, history: 5 });
  await bucket.put("a", "1");
  const { followers } = await replicasOf(cluster.url, "R3");
  const follower = cluster.node(followers.find((name) => name !== used?.name));
  await follower.stop();
  expect((await bucket.get("a"))?.string()).toBe("1");
  await follower.start();
  expect(await bucket.put("a", "2")).toBe(2);
});
