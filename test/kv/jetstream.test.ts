/** The engine on NATS JetStream: the contract, on every server it takes. */
import { afterAll, beforeAll, describe } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { sleep, systemClock } from "../../src/lib/clock.ts";
import { kinds, type RunningServer, startServer } from "../setup/nats-server.ts";
import { describeStoreContract } from "./contract/contract.ts";

describe.each(kinds)("on the %s nats-server", (kind) => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer(kind);
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  describeStoreContract({
    name: "NATS JetStream",
    lacks: kind === "old" ? ["compression", "metadata", "maxBytes", "markers"] : [],
    async start() {
      let store = await openStore(server.url);
      return {
        get store() {
          return store;
        },
        async reopen() {
          await store.close();
          store = await openStore(server.url);
          return store;
        },
        elapse: (ms) => sleep(systemClock, ms),
        now: () => Date.now(),
        async end() {
          await store.close();
          await using cleaner = await openStore(server.url);
          for (const { bucket } of await cleaner.listBuckets()) await cleaner.destroyBucket(bucket);
        },
      };
    },
  });
});
