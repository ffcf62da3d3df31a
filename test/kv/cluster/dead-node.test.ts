/** The node on which the consumer of a watch lives dies: the watch begins anew, long before heartbeats are missed. */
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "nats";
import { expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import { startCluster } from "../../setup/nats-cluster.ts";

/** Longer than this test may take: only the look at the node can find that it is gone. */
const heartbeatMs = 3_600_000;

it("a watch goes on when the node of its consumer is killed", async () => {
  await using cluster = await startCluster();
  // Of a node that stays: a lost connection would make the watch begin anew, too.
  const [used] = cluster.nodes;
  await using store = await openStore(used?.url ?? "", { nats: { heartbeatMs } });
  const bucket = await store.createBucket("R3", { replicas: 3 });
  await bucket.put("a", "before");
  const { watch, node } = await watchOnAnotherNode();
  await cluster.node(node).stop();
  await bucket.put("a", "after");
  expect((await watch.next()).value).toMatchObject({ key: "a", revision: 2 });
  watch.stop();

  /** The server chooses the node: until it is not the one that the store is connected to. */
  async function watchOnAnotherNode() {
    for (;;) {
      const started = bucket.watch("a");
      await started.next();
      expect((await started.next()).value).toMatchObject({ operation: "READY" });
      const nodes = await nodesOfConsumers(used?.url ?? "");
      const [found] = nodes;
      if (found !== undefined && found !== used?.name) return { watch: started, node: found };
      started.stop();
    }
  }
});

async function nodesOfConsumers(url: string): Promise<(string | undefined)[]> {
  const connection = await connect({ servers: url.replace("nats://", "") });
  try {
    const nodes: (string | undefined)[] = [];
    for await (const { cluster } of (await jetstreamManager(connection)).consumers.list("KV_R3"))
      nodes.push(cluster?.leader);
    return nodes;
  } finally {
    await connection.close();
  }
}
