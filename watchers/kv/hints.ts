/** Which hints a kv watcher gives, by how it is set and by what the store can do. */
import type { JsonObject } from "../../src/lib/json.ts";
import type { WatcherContext } from "../../src/watching/watcher.ts";
import { ChangeHints } from "./change-hints.ts";
import type { BucketConnection } from "./connection.ts";
import type { KvProperties } from "./properties.ts";
import { RepublishHints } from "./republish-hints.ts";

export interface KvHints {
  /** To be called by each look just before it reads `filter`, with the machine's data. */
  beforeReading(filter: string, data: JsonObject): void;
  follow(signal: AbortSignal): AsyncIterable<void>;
}

/** @param about the bucket, and the key or filter when it is no template. @returns undefined for mere polling */
export function hintsOf(
  { mode, republishTrigger }: KvProperties,
  context: WatcherContext,
  about: { readonly connection: BucketConnection; readonly filter: string | undefined },
): KvHints | undefined {
  if (mode === "poll" && republishTrigger === undefined) return undefined;
  const { messages } = context.store;
  // A store that republishes nothing tells of its changes itself.
  if (mode === "watch" || republishTrigger === undefined || !messages) {
    return new ChangeHints(about.connection, about.filter);
  }
  return new RepublishHints(republishTrigger, { messages, facts: context.facts, log: context.log });
}
