/** Writes what clients send, whichever route it came by. */
import type { Clock } from "../../lib/clock.ts";
import type { Collector } from "./collector.ts";
import type { Namespaces, Pair } from "./namespaces.ts";
import { Refusal } from "./refusal.ts";

export interface Posting {
  /** @throws Refusal when the namespace is full */
  write(namespace: string, pair: Pair, ttlMs: number): Promise<void>;
}

export interface PostingParts {
  readonly namespaces: Namespaces;
  readonly collector: Collector;
  readonly clock: Clock;
  /** undefined: no limit. */
  readonly maxKeysPerNamespace: number | undefined;
}

export function posting({ namespaces, collector, clock, maxKeysPerNamespace }: PostingParts): Posting {
  let turn: Promise<unknown> = Promise.resolve();
  const write = async (namespace: string, pair: Pair, ttlMs: number): Promise<void> => {
    await namespaces.write(namespace, pair, ttlMs);
    if (ttlMs > 0) collector.expect(clock.now() + ttlMs);
  };
  if (maxKeysPerNamespace === undefined) return { write };
  return {
    write(namespace, pair, ttlMs) {
      // One after the other: two could both find room for one.
      const written = turn.then(async () => {
        const keys = await namespaces.keys(namespace);
        if (keys.length >= maxKeysPerNamespace && !keys.includes(pair.key)) {
          throw new Refusal(
            `Namespace ${namespace} has ${keys.length} keys, the limit is ${maxKeysPerNamespace}`,
          );
        }
        await write(namespace, pair, ttlMs);
      });
      turn = written.catch(() => undefined);
      return written;
    },
  };
}
