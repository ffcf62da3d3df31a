/** The embedded engine: the contract on real files, and what is its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { describeStoreContract } from "./contract/contract.ts";
import { elapse } from "./fixtures/elapse.ts";

describeStoreContract({
  name: "LMDB",
  async start() {
    const directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    const clock = new SimulatedClock();
    let store = await openStore(`lmdb:${directory}`, { clock });
    return {
      get store() {
        return store;
      },
      async reopen() {
        await store.close();
        store = await openStore(directory, { clock });
        return store;
      },
      elapse: (ms) => elapse(store, clock, ms),
      now: () => clock.now(),
      async end() {
        await store.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});

it("created never goes back when the clock does", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
  let now = 5000;
  const store = await openStore(directory, { clock: { ...systemClock, now: () => now } });
  const bucket = await store.createBucket("B");
  await bucket.put("a", "1");
  now = 3000;
  await bucket.put("b", "2");
  expect((await bucket.get("b"))?.created.getTime()).toBe(5000);
  await store.close();
  await rm(directory, { recursive: true });
});
