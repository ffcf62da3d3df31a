/**
 * Which consumers of a bucket deliver nothing more. A consumer lives in the memory of one node, and falls silent when the node
 * dies or the server forgets it; missed heartbeats show that much later. A new leader of the stream alone is no reason: a consumer
 * reads the replica of its own node, and goes on when the new leader replicates to it. A consumer that is replaced without need
 * misses nothing either.
 */
import type { StreamInfo } from "@nats-io/jetstream";
import { refusalIn } from "../failures.ts";
import type { Link } from "../link.ts";
import { isSilent } from "../silence.ts";
import { apiOf } from "../subjects.ts";

export interface ServedBy {
  /** The consumer. */
  readonly name: string;
  /** Where it lives; undefined when the server does not say. */
  readonly node: string | undefined;
}

/** One per bucket. */
export class LostConsumers {
  readonly #link: Link;
  readonly #stream: string;
  #mayAsk = true;

  constructor(link: Link, stream: string) {
    this.#link = link;
    this.#stream = stream;
  }

  /**
   * Two requests for all consumers of the bucket together, where one of them is `info`.
   * @param info what the leader of the stream has just reported
   */
  async find(info: StreamInfo): Promise<(consumer: ServedBy) => boolean> {
    const names = this.#mayAsk ? await this.#names() : undefined;
    return ({ name, node }) => isAway(info, node) || names?.has(name) === false;
  }

  /** @returns undefined when the server does not say */
  async #names(): Promise<ReadonlySet<string> | undefined> {
    const names = new Set<string>();
    for (;;) {
      const { consumers, total } = await this.#page(names.size);
      if (!consumers) return undefined;
      for (const name of consumers) names.add(name);
      if (consumers.length === 0 || names.size >= (total ?? 0)) return names;
    }
  }

  /** The client can only list consumers, and then the server asks each of them. */
  async #page(offset: number): Promise<NamesPage> {
    const { domain } = this.#link;
    const api = domain === undefined ? "$JS.API" : apiOf(domain);
    const question = new TextEncoder().encode(JSON.stringify({ offset }));
    try {
      const answer = await this.#link.request(`${api}.CONSUMER.NAMES.${this.#stream}`, question);
      return answer.json<NamesPage>();
    } catch (error) {
      // Missed heartbeats remain.
      if (refusalIn(error)) this.#mayAsk = false;
      return {};
    }
  }
}

/** A part of the answer to CONSUMER.NAMES. */
interface NamesPage {
  readonly total?: number;
  readonly consumers?: readonly string[] | null;
}

/** The node has not yet all that the leader had when it reported `info`. */
export function isBehind({ cluster }: StreamInfo, node: string | undefined): boolean {
  const replica = cluster?.replicas?.find(({ name }) => name === node);
  return replica !== undefined && (!replica.current || (replica.lag ?? 0) > 0);
}

function isAway({ cluster }: StreamInfo, node: string | undefined): boolean {
  if (node === undefined || !cluster?.leader || cluster.leader === node) return false;
  const replica = cluster.replicas?.find(({ name }) => name === node);
  return !replica || isSilent(replica);
}
