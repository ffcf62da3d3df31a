/** Three real nats-servers that form one JetStream cluster on 127.0.0.1, for tests of replicated buckets. */
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JetStreamApiError, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "nats";
import { findServer, type Kind, run, type ServerProcess } from "./nats-server.ts";
import type { RouteProxies } from "./route-proxies.ts";

export interface ClusterNode {
  /** `n1`, `n2` or `n3`, as JetStream reports leaders and replicas. */
  readonly name: string;
  /** As elected when it was started last. */
  readonly isMetadataLeader: boolean;
  /** Stays the same over restarts. */
  readonly url: string;
  /** SIGKILL; the data stays. */
  stop(): Promise<void>;
  /** Starts it again after `stop` and resolves when it knows the metadata leader. */
  start(): Promise<void>;
  /** SIGSTOP: it accepts connections and answers nothing. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
}

export interface RunningCluster extends AsyncDisposable {
  /** All nodes, as one store URL. */
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  /** @throws when no node has this name */
  node(name: string | undefined): ClusterNode;
}

const names = ["n1", "n2", "n3"] as const;
/** Every member logs one of these when it has joined the metadata group. */
const joined = /JetStream cluster new metadata leader|Self is new JetStream cluster metadata leader/;
const selfLeads = /^Self/;

/**
 * Resolves when the cluster accepts buckets with three replicas.
 * @param proxies through which the nodes talk to each other; default: directly. The caller ends them after the cluster.
 * @throws when there is no such server
 */
export async function startCluster(kind: Kind = "current", proxies?: RouteProxies): Promise<RunningCluster> {
  const program = findServer(kind);
  if (!program) throw new Error(`no ${kind} nats-server found: run \`node dist/test/setup/main.js\``);
  const directory = await mkdtemp(join(tmpdir(), "machinist-cluster-"));
  const ports = await freePorts(3 * names.length);
  const routePorts = ports.slice(names.length, 2 * names.length);
  const proxyPorts = proxies ? ports.slice(2 * names.length) : routePorts;
  const routes = proxyPorts.map((port) => `nats://127.0.0.1:${port}`).join(",");
  const nodes = names.map((name, index) => {
    const flags = ["-js", "--name", name, "--cluster_name", "test", "--routes", routes];
    const own = ["--cluster", `nats://127.0.0.1:${routePorts[index]}`];
    const advertised = ["--cluster_advertise", `127.0.0.1:${proxyPorts[index]}`];
    return new Node(name, String(ports[index]), () =>
      run(program, join(directory, name), String(ports[index]), [...flags, ...own, ...advertised]),
    );
  });
  const end = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.all(names.map((name) => mkdir(join(directory, name))));
    for (const [index, name] of names.entries())
      await proxies?.add(name, proxyPorts[index] ?? 0, routePorts[index] ?? 0);
    await Promise.all(nodes.map((node) => node.start()));
    await untilReplicasArePlaced(ports[0] ?? 0);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    url: `nats://${ports
      .slice(0, names.length)
      .map((port) => `127.0.0.1:${port}`)
      .join(",")}`,
    nodes,
    node(name) {
      const found = nodes.find((node) => node.name === name);
      if (!found) throw new Error(`the cluster has no node ${JSON.stringify(name)}`);
      return found;
    },
    [Symbol.asyncDispose]: end,
  };
}

class Node implements ClusterNode {
  readonly name: string;
  readonly url: string;
  isMetadataLeader = false;
  readonly #run: () => Promise<ServerProcess>;
  #process: ServerProcess | undefined;

  constructor(name: string, port: string, start: () => Promise<ServerProcess>) {
    this.name = name;
    this.url = `nats://127.0.0.1:${port}`;
    this.#run = start;
  }

  async start(): Promise<void> {
    this.#process = await this.#run();
    this.isMetadataLeader = selfLeads.test(await this.#process.logged(joined));
  }

  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    await process?.kill();
  }

  async pause(): Promise<void> {
    await this.#process?.pause();
  }

  resume(): void {
    this.#process?.resume();
  }
}

/** The metadata leader refuses replicas until it has heard of every node. */
async function untilReplicasArePlaced(port: number): Promise<void> {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  try {
    // A cluster that has just started may answer this after the time that the check of the API allows.
    const { streams } = await jetstreamManager(connection, { checkAPI: false, timeout: 30_000 });
    const probe = { name: "PROBE", subjects: ["probe"], num_replicas: names.length };
    while (!(await isPlaced(() => streams.add(probe))));
    await streams.delete(probe.name);
  } finally {
    await connection.close();
  }
}

const noSuitablePeers = 10005;

async function isPlaced(add: () => Promise<unknown>): Promise<boolean> {
  try {
    await add();
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === noSuitablePeers) return false;
    throw error;
  }
}

/** Outside the range that outgoing connections take their ports from, so that a stopped node finds its port free. */
const lowestPort = 10_000;
const highestPort = 32_000;

async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  try {
    while (held.length < count) {
      const server = createServer();
      const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort));
      const isTaken = await new Promise<boolean>((resolve) => {
        server.once("error", () => resolve(true));
        server.listen(port, "127.0.0.1", () => resolve(false));
      });
      if (!isTaken) held.push(server);
    }
    return held.map((server) => (server.address() as AddressInfo).port);
  } finally {
    for (const server of held) server.close();
    await Promise.all(held.map((server) => once(server, "close")));
  }
}
