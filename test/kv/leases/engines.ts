/** The stores that leases are tested on: two of each, as two hosts have them, and time as each has it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, BucketConfig, Store } from "../../../src/kv/store.ts";
import { type Clock, sleep, systemClock } from "../../../src/lib/clock.ts";
import { type Kind, type RunningServer, startServer } from "../../setup/nats-server.ts";
import { SimulatedClock } from "../../simulated-clock.ts";
import { elapse } from "../fixtures/elapse.ts";

export interface TwoHosts {
  readonly clock: Clock;
  /** The same bucket from both; the first host may go down. */
  readonly first: Store;
  readonly second: Store;
  readonly here: Bucket;
  readonly there: Bucket;
  elapse(ms: number): Promise<void>;
  end(): Promise<void>;
}

/** Buckets whose keys may end by themselves, and those where nothing does. */
const configs: Readonly<Record<string, Partial<BucketConfig>>> = {
  "with a ttl of keys": { markerTtlMs: 60_000 },
  plain: {},
};

export const embedded = Object.entries(configs).map(([name, config]) => ({
  name: `LMDB, ${name}`,
  start: () => onLmdb(config),
}));

/** Time cannot be simulated there. */
export function onServers(kind: Kind) {
  return { name: `NATS (${kind}), plain`, start: () => onNats(kind, {}) };
}

async function onLmdb(config: Partial<BucketConfig>): Promise<TwoHosts> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-leases-"));
  const clock = new SimulatedClock();
  const first = await openStore(directory, { clock });
  const second = await openStore(directory, { clock });
  return {
    clock,
    first,
    second,
    here: await first.createBucket("LOCKS", config),
    there: await second.openBucket("LOCKS"),
    elapse: (ms) => elapse(second, clock, ms),
    async end() {
      await Promise.all([first.close(), second.close()]);
      await rm(directory, { recursive: true });
    },
  };
}

export async function onNats(
  kind: Kind,
  config: Partial<BucketConfig>,
  server?: RunningServer,
): Promise<TwoHosts> {
  const own = server ?? (await startServer(kind));
  const first = await openStore(own.url);
  const second = await openStore(own.url);
  return {
    clock: systemClock,
    first,
    second,
    here: await first.createBucket("LOCKS", config),
    there: await second.openBucket("LOCKS"),
    elapse: (ms) => sleep(systemClock, ms),
    async end() {
      await Promise.all([first.close(), second.close()]);
      if (!server) await own[Symbol.asyncDispose]();
    },
  };
}

/** To be called in a `describe`: fresh ones for each test. */
export function eachTime(start: () => Promise<TwoHosts>): () => TwoHosts {
  let hosts: TwoHosts | undefined;
  beforeEach(async () => {
    hosts = await start();
  });
  afterEach(async () => {
    await hosts?.end();
  });
  return () => {
    if (!hosts) throw new Error("no test runs");
    return hosts;
  };
}

/** The reason with which a lease was lost. */
export async function lossOf(lost: AbortSignal): Promise<unknown> {
  if (!lost.aborted) await new Promise((resolve) => lost.addEventListener("abort", resolve, { once: true }));
  return lost.reason;
}
