/** What happens to a node in a round. */
import type { RunningCluster } from "../../../setup/nats-cluster.ts";
import { replicasOf } from "../replicas.ts";

export const nodeFaults = ["follower killed", "leader killed", "leader paused"] as const;
export type NodeFault = (typeof nodeFaults)[number];

export interface FailingNode {
  readonly name: string;
  readonly url: string;
  /** Resolves when the node is away. */
  fail(): Promise<void>;
  comeBack(): Promise<void>;
}

/** Chooses the node by its role in the bucket now. */
export async function failingNode(
  cluster: RunningCluster,
  bucket: string,
  fault: NodeFault,
): Promise<FailingNode> {
  let { leader, followers } = await replicasOf(cluster.url, bucket);
  // The node of the round before may just have come back.
  while (!leader) ({ leader, followers } = await replicasOf(cluster.url, bucket));
  const node = cluster.node(fault === "follower killed" ? followers[0] : leader);
  const { name, url } = node;
  return fault === "leader paused"
    ? { name, url, fail: () => node.pause(), comeBack: async () => node.resume() }
    : { name, url, fail: () => node.stop(), comeBack: () => node.start() };
}
