/** Facts about a NATS server and our account there: what it cannot do, and how much of its limits is used. */
import type { JetStreamAccountStats } from "@nats-io/jetstream";
import { formatSize } from "../../../../lib/size.ts";
import type { StoreFact } from "../../../inspection.ts";
import type { ServerVersion } from "../server-version.ts";

/** What older servers cannot do, as people ask for it. */
const features: readonly (readonly [since: string, what: string])[] = [
  ["2.10.0", "--max-bucket-size, --compress, --metadata, --replicas, --source"],
  ["2.11.0", "--marker-ttl and the ttl of single keys"],
];

/** From this part of a limit on it is worth a word. */
const nearly = 0.9;

export function lackFact(version: ServerVersion): StoreFact {
  const lacking = features.filter(([since]) => !version.isAtLeast(since));
  if (lacking.length === 0) return { name: "Features", text: "this server can do all that machinist offers" };
  const words = lacking.map(([since, what]) => `${what} (${since} or later)`);
  return { name: "Features", text: `this server cannot do: ${words.join("; ")}` };
}

/** @param buckets undefined: they could not be listed */
export function jetStreamFact({ domain }: JetStreamAccountStats, buckets: number | undefined): StoreFact {
  const where = domain ? ` in domain ${domain}` : "";
  const count = buckets === undefined ? "" : `, ${buckets} buckets`;
  return { name: "JetStream", text: `enabled for this account${where}${count}` };
}

export function limitFacts({
  memory,
  storage,
  streams,
  consumers,
  limits,
}: JetStreamAccountStats): StoreFact[] {
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
