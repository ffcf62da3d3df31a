/** Facts about a NATS server and our account there, for people: what `nats account info` tells, and what is missing. */
import type { JetStreamAccountStats } from "@nats-io/jetstream";
import { formatSize } from "../../../lib/size.ts";
import type { StoreFact } from "../../inspection.ts";
import type { BucketStatus } from "../../store.ts";
import { importFacts } from "../../transfer/importing.ts";
import { Link, type LinkOptions } from "./link.ts";
import type { ServerVersion } from "./server-version.ts";
import { statusOf } from "./status.ts";
import { bucketOf } from "./stream-config.ts";

/** What older servers cannot do, as people ask for it. */
const features: readonly (readonly [since: string, what: string])[] = [
  ["2.10.0", "--max-bucket-size, --compress, --metadata, --replicas, --source"],
  ["2.11.0", "--marker-ttl and the ttl of single keys"],
];

/** From this part of a limit on it is worth a word. */
const nearly = 0.9;

/** @throws as Link.open: above all UNSUPPORTED when there is no JetStream */
export async function inspectJetStream(url: string, options: LinkOptions): Promise<StoreFact[]> {
  const link = await Link.open(url, options);
  try {
    const account = await link.jsm.getAccountInfo();
    const buckets = await bucketsOf(link);
    return [
      serverFact(link),
      { name: "Round Trip", text: `${await link.connection.rtt()} ms` },
      lackFact(link.version),
      jetStreamFact(account, buckets.length),
      ...limitFacts(account),
      ...importFacts(buckets),
    ];
  } finally {
    await link.close();
  }
}

async function bucketsOf(link: Link): Promise<BucketStatus[]> {
  const buckets: BucketStatus[] = [];
  for await (const info of link.jsm.streams.list()) {
    const name = bucketOf(info);
    if (name !== undefined) buckets.push(statusOf(name, info, link.version));
  }
  return buckets;
}

function serverFact({ connection, version }: Link): StoreFact {
  const { server_id, server_name, cluster, max_payload = 0 } = connection.info ?? {};
  // A server without a name of its own is called by its id, which tells nobody anything.
  const name = server_name === server_id ? "" : ` (${server_name})`;
  const place = cluster ? `, cluster ${cluster}` : "";
  const payload = `messages up to ${formatSize(max_payload)}`;
  return {
    name: "Server",
    text: `nats-server ${version.text} at ${connection.getServer()}${name}${place}, ${payload}`,
  };
}

function lackFact(version: ServerVersion): StoreFact {
  const lacking = features.filter(([since]) => !version.isAtLeast(since));
  if (lacking.length === 0) return { name: "Features", text: "this server can do all that machinist offers" };
  const words = lacking.map(([since, what]) => `${what} (${since} or later)`);
  return { name: "Features", text: `this server cannot do: ${words.join("; ")}` };
}

function jetStreamFact({ domain }: JetStreamAccountStats, buckets: number): StoreFact {
  const where = domain ? ` in domain ${domain}` : "";
  return { name: "JetStream", text: `enabled for this account${where}, ${buckets} buckets` };
}

function limitFacts({ memory, storage, streams, consumers, limits }: JetStreamAccountStats): StoreFact[] {
  const { max_memory, max_storage, max_streams, max_consumers } = limits;
  return [
    limitFact("Memory", memory, max_memory, formatSize),
    limitFact("Storage", storage, max_storage, formatSize),
    limitFact("Streams", streams, max_streams, String),
    limitFact("Consumers", consumers, max_consumers, String),
  ];
}

function limitFact(name: string, used: number, limit: number, shown: (amount: number) => string): StoreFact {
  if (limit <= 0) return { name, text: `${shown(used)} of unlimited` };
  const text = `${shown(used)} of ${shown(limit)}`;
  if (used < limit * nearly) return { name, text };
  return {
    name,
    text: `${text}: nearly used up, raise the limit of the account or remove something`,
    isProblem: true,
  };
}
