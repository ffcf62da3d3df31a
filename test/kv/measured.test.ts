/** A measured store is a store: the contract holds. And each of its operations is counted once, with its outcome. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type MeasuredOperation, measuredStore } from "../../src/kv/measured.ts";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { describeStoreContract } from "./contract/contract.ts";
import { listed } from "./contract/harness.ts";
import { elapse } from "./fixtures/elapse.ts";

const unheard = () => undefined;

describeStoreContract({
  name: "a measured LMDB",
  async start() {
    const directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    const clock = new SimulatedClock();
    const open = async (): Promise<Store> =>
      measuredStore(await openStore(directory, { clock }), { clock, onOperation: unheard });
    let store = await open();
    return {
      get store() {
        return store;
      },
      async reopen() {
        await store.close();
        store = await open();
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

async function counted() {
  const directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
  const own = await openStore(directory);
  let now = 0;
  const clock = { now: () => 0, after: () => unheard, monotonic: () => (now += 1) };
  const heard: MeasuredOperation[] = [];
  const store = measuredStore(own, { clock, onOperation: (done) => heard.push(done) });
  onTestFinished(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });
  return {
    own,
    store,
    pass: (ms: number) => {
      now += ms;
    },
    /** What was heard since it was last asked, as `operation outcome`. */
    told: () => heard.splice(0).map(({ operation, outcome }) => `${operation} ${outcome}`),
    heard,
  };
}

it("counts each operation once, by its outcome", async () => {
  const { store, told } = await counted();
  const bucket = await store.createBucket("B", { markerTtlMs: 60_000 });
  await store.openBucket("B");
  await store.openBucket("C").catch(unheard);
  await store.editBucket("B", { description: "d" });
  await store.listBuckets();
  expect(told()).toEqual([
    "createBucket ok",
    "openBucket ok",
    "openBucket BUCKET_NOT_FOUND",
    "editBucket ok",
    "listBuckets ok",
  ]);
  const first = await bucket.put("a", "1");
  await bucket.get("a");
  await bucket.get("nobody");
  await bucket.get("not a key").catch(unheard);
  await bucket.entry("a");
  await bucket.create("a", "2").catch(unheard);
  await bucket.update("a", "2", first);
  await bucket.update("a", "2", first).catch(unheard);
  await bucket.touch("a", 60_000);
  await bucket.revert("a", 3);
  expect(told()).toEqual([
    "put ok",
    "get ok",
    "get ok",
    "get INVALID_KEY",
    "entry ok",
    "create KEY_EXISTS",
    "update ok",
    "update WRONG_REVISION",
    "touch ok",
    "revert ok",
  ]);
  await bucket.delete("a");
  await bucket.purge("a");
  await bucket.status();
  await bucket.purgeDeletes(0);
  await bucket.empty();
  await store.destroyBucket("B");
  expect(told()).toEqual([
    "delete ok",
    "purge ok",
    "status ok",
    "purgeDeletes ok",
    "empty ok",
    "destroyBucket ok",
  ]);
});

it("keys and history are counted when they end, also when the reader leaves; and when they are refused", async () => {
  const { store, told } = await counted();
  const bucket = await store.createBucket("B");
  for (const key of ["a", "b"]) await bucket.put(key, "1");
  told();
  const keys = bucket.keys();
  expect(told()).toEqual([]);
  expect(await listed(keys)).toEqual(["a", "b"]);
  expect(told()).toEqual(["keys ok"]);
  for await (const { key } of bucket.history()) {
    expect(key).toBe("a");
    break;
  }
  expect(told()).toEqual(["history ok"]);
  expect(() => bucket.keys("a b")).toThrow(expect.objectContaining({ code: "INVALID_KEY" }));
  expect(told()).toEqual(["keys INVALID_KEY"]);
});

it("the time of a read is what the reader waited, not what it did between entries", async () => {
  const { store, heard, pass } = await counted();
  const bucket = await store.createBucket("B");
  for (const key of ["a", "b"]) await bucket.put(key, "1");
  heard.splice(0);
  // Each look at the clock takes 1 ms: two entries and the end are three waits.
  for await (const key of bucket.keys()) pass(key === "a" ? 1_000 : 0);
  expect(heard).toEqual([{ operation: "keys", outcome: "ok", durationMs: 3 }]);
});

it("a watch is counted when it opens, and refused as before", async () => {
  const { store, told } = await counted();
  const bucket = await store.createBucket("B");
  told();
  const watch = bucket.watch();
  expect(told()).toEqual(["watch ok"]);
  watch.stop();
  expect(() => bucket.watch("a b")).toThrow(expect.objectContaining({ code: "INVALID_KEY" }));
  expect(told()).toEqual(["watch INVALID_KEY"]);
});

it("messages are those of the store, and closing it closes both", async () => {
  const { own, store } = await counted();
  expect(store.messages).toBe(own.messages);
  const messages = { publish: unheard, subscribe: () => ({}) };
  const shown = measuredStore(Object.assign(Object.create(own), { messages }), {
    clock: new SimulatedClock(),
    onOperation: unheard,
  });
  expect(shown.messages).toBe(messages);
  await store.close();
  await expect(own.listBuckets()).rejects.toMatchObject({ code: "STORE_CLOSED" });
});
