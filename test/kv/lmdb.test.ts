/** The embedded engine: the contract on real files, and what is its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { describeStoreContract } from "./contract/contract.ts";
import { listed, taken } from "./contract/harness.ts";
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

it("a watch of the same process misses nothing, also when the history keeps one entry and nobody reads meanwhile", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
  const store = await openStore(directory);
  const bucket = await store.createBucket("B");
  await bucket.put("key2", "1");
  const watch = bucket.watch("key2");
  await bucket.put("key2", "2");
  await bucket.delete("key2");
  expect(await taken(watch, 4)).toEqual(["PUT:key2=1@1/0", "READY", "PUT:key2=2@2/0", "DEL:key2=@3/0"]);
  watch.stop();
  await store.close();
  await rm(directory, { recursive: true });
});

it("the event loop goes on while a large bucket is read", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
  const store = await openStore(directory);
  const bucket = await store.createBucket("B", { history: 2 });
  const keys = Array.from({ length: 5000 }, (_, index) => `key${index}`);
  for (const value of ["1", "2"]) await Promise.all(keys.map((key) => bucket.put(key, value)));
  let turns = 0;
  let reading = true;
  const turn = (): void => {
    turns++;
    if (reading) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await listed(bucket.keys())).toHaveLength(5000);
  const afterKeys = turns;
  expect(await listed(bucket.history())).toHaveLength(10_000);
  reading = false;
  expect(afterKeys).toBeGreaterThan(2);
  expect(turns - afterKeys).toBeGreaterThan(5);
  await store.close();
  await rm(directory, { recursive: true });
});
