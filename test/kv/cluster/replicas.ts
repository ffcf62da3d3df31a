/** Where the replicas of a bucket live now, asked from the server. */
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "nats";

export interface Replicas {
  /** Name of a node; undefined while there is none. */
  readonly leader: string | undefined;
  readonly followers: readonly string[];
}

/** @param url as of a store: `nats://HOST:PORT[,HOST:PORT…]` */
export async function replicasOf(url: string, bucket: string): Promise<Replicas> {
  const connection = await connect({ servers: url.replace("nats://", "").split(",") });
  try {
    const { cluster } = await (await jetstreamManager(connection)).streams.info(`KV_${bucket}`);
    return {
      leader: cluster?.leader || undefined,
      followers: (cluster?.replicas ?? []).map(({ name }) => name),
    };
  } finally {
    await connection.close();
  }
}
