/**
 * The fault run of a replicated bucket: nodes of a real cluster die, freeze and come back, while one program writes and others
 * read through every node. Counts acknowledged entries that a reader missed: each of them would be lost to a watcher, a list or a backup.
 */
import { openStore } from "../../../../src/kv/open.ts";
import type { Bucket, Store } from "../../../../src/kv/store.ts";
import { type RunningCluster, startCluster } from "../../../setup/nats-cluster.ts";
import { Acknowledged } from "./acknowledged.ts";
import { failingNode, type NodeFault, nodeFaults } from "./node-faults.ts";
import { CursorReader, type Missed, readKeys, readMirrors, readUpdates } from "./readers.ts";
import { fill, putKeys, untilDone } from "./writer.ts";

export interface ClusterFaultPlan {
  readonly rounds: number;
  /** Keys that are written in each round, half of them while a node is away, half while it comes back. */
  readonly keys: number;
  /** What is written to other keys while a node is away. */
  readonly megabytes: number;
  readonly say: (line: string) => void;
}

export interface ClusterFaultReport {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Times that a reader read up to READY. */
  readonly reads: number;
  /** Acknowledged entries that a reader missed, by reader. */
  readonly missed: Readonly<Record<string, number>>;
}

const bucketName = "FAULTS";

export async function runClusterFaults(plan: ClusterFaultPlan): Promise<ClusterFaultReport> {
  await using cluster = await startCluster();
  await using writing = await openStore(cluster.url);
  // An attempt whose answer was lost may overwrite the acknowledged one later: a history keeps both.
  const bucket = await writing.createBucket(bucketName, { replicas: 3, history: 5 });
  const cursors = new Map(cluster.nodes.map(({ name }) => [name, new CursorReader()]));
  const missed: Record<string, number> = {};
  let acknowledged = 0;
  let reads = 0;
  for (let number = 0; number < plan.rounds; number++) {
    const fault = nodeFaults[number % nodeFaults.length] ?? "follower killed";
    const round = new Round(cluster, bucket, { number, fault, plan, cursors });
    for (const [reader, found] of await round.run()) {
      reads += found.reads;
      missed[reader] = (missed[reader] ?? 0) + found.revisions.length;
      const [first] = found.revisions;
      if (first !== undefined)
        plan.say(`${reader} missed ${found.revisions.length} from revision ${first} on`);
    }
    acknowledged += round.acknowledged.keys.size;
    plan.say(
      `round ${number + 1} of ${plan.rounds}: ${fault}; so far ${acknowledged} entries, ${reads} reads`,
    );
  }
  return { rounds: plan.rounds, acknowledged, reads, missed };
}

interface RoundOptions {
  readonly number: number;
  readonly fault: NodeFault;
  readonly plan: ClusterFaultPlan;
  /** One at each node, for the whole run. */
  readonly cursors: ReadonlyMap<string, CursorReader>;
}

type Found = [reader: string, missed: Missed];

/** Readers run at every node from before the fault until all is written, and new ones at the node that comes back. */
class Round {
  readonly acknowledged = new Acknowledged();
  readonly #cluster: RunningCluster;
  readonly #target: Bucket;
  readonly #options: RoundOptions;

  constructor(cluster: RunningCluster, target: Bucket, options: RoundOptions) {
    this.#cluster = cluster;
    this.#target = target;
    this.#options = options;
  }

  async run(): Promise<Found[]> {
    const { fault, number, plan } = this.#options;
    const half = Math.ceil(plan.keys / 2);
    const node = await failingNode(this.#cluster, bucketName, fault);
    const stores = await Promise.all(this.#cluster.nodes.map(({ url }) => untilDone(() => openStore(url))));
    try {
      const reading = this.#cluster.nodes.map(({ name }, at) => this.#readAt(name, stores[at] as Store));
      const first = handledLater(this.#put("first", half));
      await this.acknowledged.reached(Math.ceil(half / 4));
      await node.fail();
      await first;
      await fill(this.#target, plan.megabytes);
      await this.#put("last", 1);
      await node.comeBack();
      const back = await untilDone(() => openStore(node.url));
      stores.push(back);
      reading.push(this.#readAt(`${number}-${node.name}`, back));
      await this.#put("back", half);
      this.acknowledged.complete();
      return (await Promise.all(reading)).flat();
    } finally {
      this.acknowledged.complete();
      await Promise.all(stores.map((store) => store.close()));
    }
  }

  async #put(part: string, count: number): Promise<void> {
    const prefix = `key.${this.#options.number}-${part}`;
    await putKeys(this.#target, { prefix, count }, this.acknowledged);
  }

  #readAt(reader: string, store: Store): Promise<Found[]> {
    return handledLater(this.#readAll(reader, store));
  }

  async #readAll(reader: string, store: Store): Promise<Found[]> {
    const { acknowledged } = this;
    const bucket = await untilDone(() => store.openBucket(bucketName));
    const at = { store, bucket, filter: "key.*", acknowledged };
    const cursor = this.#options.cursors.get(reader);
    const readers = {
      ...(cursor && { cursor: cursor.read(at) }),
      "new cursor": new CursorReader().read(at),
      keys: readKeys(at),
      mirror: readMirrors(at),
      updates: readUpdates({ ...at, filter: `update-${reader}.*` }),
    };
    return Promise.all(
      Object.entries(readers).map(async ([name, read]): Promise<Found> => [name, await read]),
    );
  }
}

/** A failure is reported where the promise is awaited, and must not end the process before: its servers would stay. */
function handledLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
