/** Facts about a store on NATS, for people: which servers answer, what they can, whether there are leaders, what is used. */
import type { StreamInfo } from "@nats-io/jetstream";
import { messageOf } from "../../../../lib/errors.ts";
import { historyFacts, type StoreFact, type WatchedBucket } from "../../../inspection.ts";
import { importFacts } from "../../../transfer/importing.ts";
import { apiCodeOf, apiCodes, failure, isWithoutJetStream, withoutJetStream } from "../failures.ts";
import type { LinkOptions } from "../link.ts";
import { statusOf } from "../status.ts";
import { bucketOf } from "../stream-config.ts";
import { type NatsAddress, parseNatsUrl } from "../url.ts";
import { jetStreamFact, lackFact, limitFacts } from "./account.ts";
import { otherFacts, watchedFacts } from "./replicas.ts";
import { type AnsweringServer, askServers, clusterOf, isAnswering, serverFacts, within } from "./servers.ts";

export interface InspectOptions extends LinkOptions {
  readonly watched: readonly WatchedBucket[];
}

/**
 * Ends within three times the time of an answer: to connect, to ask for JetStream, to ask for buckets.
 * @throws INVALID_ARGUMENT, UNSUPPORTED when there is no JetStream, and why a single server does not answer
 */
export async function inspectJetStream(url: string, options: InspectOptions): Promise<StoreFact[]> {
  const address = parseNatsUrl(url);
  const servers = await askServers(address, options);
  const answering = servers.filter(isAnswering);
  try {
    const [only] = servers;
    if (servers.length === 1 && only && !isAnswering(only)) throw only.error;
    const facts = serverFacts(servers);
    const [first] = answering;
    if (!first) return [...facts, nobodyAnswers(address)];
    first.version.require("2.9.0", "JetStream key-value buckets");
    return [
      ...facts,
      { name: "Round Trip", text: `${first.roundTripMs} ms` },
      lackFact(first.version),
      ...(await jetStreamFacts(answering, first, { ...options, shown: address.shown })),
    ];
  } finally {
    await Promise.all(answering.map(({ connection }) => connection.close()));
  }
}

function nobodyAnswers({ shown }: NatsAddress): StoreFact {
  const text = `cannot connect to the store ${shown}: none of its servers answers; start them, or correct the URL`;
  return { name: "Store", text, isProblem: true };
}

async function jetStreamFacts(
  answering: readonly AnsweringServer[],
  first: AnsweringServer,
  options: InspectOptions & Pick<NatsAddress, "shown">,
): Promise<StoreFact[]> {
  const led = answering.find(({ account }) => !(account instanceof Error));
  if (!led || led.account instanceof Error) {
    const error = first.account;
    if (isWithoutJetStream(error)) throw withoutJetStream(options.shown, first.version.text, error);
    return [leaderlessFact(first, error), ...(await watchedFacts(first.jsm, options.watched))];
  }
  const [watched, listed] = await Promise.all([
    watchedFacts(led.jsm, options.watched),
    bucketsOf(led, options),
  ]);
  const statuses = [...(listed ?? [])].map(([name, info]) => statusOf(name, info, led.version));
  return [
    ...metaFacts(answering, led),
    jetStreamFact(led.account, listed?.size),
    ...limitFacts(led.account),
    ...watched,
    ...(listed ? otherFacts(listed, options.watched) : [notListed]),
    ...importFacts(statuses),
    ...historyFacts(statuses, options.watched),
  ];
}

const notListed: StoreFact = {
  name: "Buckets",
  text: "the list of buckets did not come in time: some of their servers do not answer",
  isProblem: true,
};

/** By name; undefined when the list is not whole in time. */
async function bucketsOf(
  { jsm }: AnsweringServer,
  { clock }: InspectOptions,
): Promise<ReadonlyMap<string, StreamInfo> | undefined> {
  const list = async (): Promise<ReadonlyMap<string, StreamInfo>> => {
    const found = new Map<string, StreamInfo>();
    for await (const info of jsm.streams.list()) {
      const name = bucketOf(info);
      if (name !== undefined) found.set(name, info);
    }
    return found;
  };
  return within(clock, list());
}

/** Only a meta leader that most servers follow answers for an account. */
function metaFacts(answering: readonly AnsweringServer[], led: AnsweringServer): StoreFact[] {
  if (clusterOf(led) === undefined) return [];
  const cut = answering.filter(({ account }) => account instanceof Error);
  return [
    {
      name: "Meta Leader",
      text: `there is one: more than half of the servers of cluster ${clusterOf(led)} are connected (quorum)`,
    },
    ...cut.map(({ host, account }) => ({
      name: `Server ${host}`,
      text: `does not reach the meta leader (${reasonOf(account)}): check its routes to the other servers`,
      isProblem: true,
    })),
  ];
}

function leaderlessFact(server: AnsweringServer, error: unknown): StoreFact {
  const cluster = clusterOf(server);
  if (cluster === undefined) {
    const text = `does not answer (${reasonOf(error)}): look into the log of the server`;
    return { name: "JetStream", text, isProblem: true };
  }
  const text =
    `none, so there is no quorum in cluster ${cluster} (${reasonOf(error)}): no bucket can be made, changed or listed; ` +
    "start the missing servers, more than half of them must run";
  return { name: "Meta Leader", text, isProblem: true };
}

function reasonOf(error: unknown): string {
  if (apiCodeOf(error) === apiCodes.unavailable) return messageOf(error);
  return messageOf(failure(error, "asking JetStream"));
}
