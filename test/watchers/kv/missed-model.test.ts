/** Random writers against a watcher that looks now and then: what it handles and what it reports as missed is all there was. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Store } from "../../../src/kv/store.ts";
import type { Observation } from "../../../src/watching/watcher.ts";
import { kv } from "../../../watchers/kv.ts";
import { type RunningServer, startServer } from "../../setup/nats-server.ts";
import { PlayedWatcher } from "../harness.ts";
import { openTemporaryStore, type TemporaryStore } from "./store.ts";

let temporary: TemporaryStore;
let server: RunningServer;
beforeAll(async () => {
  temporary = await openTemporaryStore();
  server = await startServer("current");
});
afterAll(async () => {
  await temporary.remove();
  await server[Symbol.asyncDispose]();
});

const keys = ["a", "b.c", "b.d"];

/** Whole numbers below `limit`, the same for the same seed. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * limit);
  };
}

interface Counted {
  /** Revisions under the filter since the watcher began. */
  readonly written: number;
  readonly handled: number;
  readonly reported: number;
  readonly isExact: boolean;
}

async function run(store: Store, filter: string, seed: number): Promise<Counted> {
  const next = random(seed);
  const bucket = await store.createBucket("B", { history: 1 + next(3) });
  try {
    for (let before = next(6); before > 0; before -= 1) await bucket.put(keys[next(3)] ?? "", "old");
    const played = new PlayedWatcher(
      kv,
      { bucket: "B", mode: "watch", deliver: "every", key: filter },
      { store },
    );
    const seen: Observation[] = [await played.look("start")];
    while (seen.at(-1)?.outcome !== "unchanged") seen.push(await played.look("due"));
    const beforeHand = seen.filter(({ outcome }) => outcome !== "unchanged").length;
    if (next(2) === 0) played.restart();
    let written = 0;
    for (let round = 0; round < 25; round += 1) {
      for (let writes = next(7); writes > 0; writes -= 1) {
        const key = keys[next(3)] ?? "";
        await write(bucket, key, next(8));
        if (filter === ">" || key === filter || (filter === "b.*" && key.startsWith("b."))) written += 1;
      }
      // Some looks are left before all is handled, some are followed by a restart.
      for (let looks = next(5); looks > 0; looks -= 1) seen.push(await played.look("hint"));
      if (next(4) === 0) played.restart();
    }
    do seen.push(await played.look("hint"));
    while (seen.at(-1)?.outcome !== "unchanged");
    const handled = seen.filter(({ outcome }) => outcome !== "unchanged").length - beforeHand;
    const missed = seen.flatMap((observation) => observation.missed ?? []);
    return {
      written,
      handled,
      reported: missed.reduce((sum, { revisions }) => sum + revisions, 0),
      isExact: missed.every(({ isExact }) => isExact),
    };
  } finally {
    await store.destroyBucket("B");
  }
}

function write(bucket: Bucket, key: string, how: number): Promise<number> {
  if (how === 0) return bucket.purge(key);
  return how === 1 ? bucket.delete(key) : bucket.put(key, "value");
}

describe.each(["embedded", "NATS"] as const)("missed revisions on the %s store", (engine) => {
  const rounds = engine === "NATS" ? 8 : 15;
  let store: Store;
  beforeAll(async () => {
    store = engine === "NATS" ? await openStore(server.url) : temporary.store;
  });
  afterAll(async () => {
    if (engine === "NATS") await store.close();
  });

  it("of a whole bucket: handled and missed together are exactly what was written", async () => {
    let missed = 0;
    for (let seed = 1; seed <= rounds; seed += 1) {
      const { written, handled, reported, isExact } = await run(store, ">", seed);
      expect({ seed, sum: handled + reported, isExact }).toEqual({ seed, sum: written, isExact: true });
      missed += reported;
    }
    expect(missed).toBeGreaterThan(rounds);
  });

  it.each(["a", "b.*"])(
    "of %s: never less than was missed, and none at all when nothing is reported",
    async (filter) => {
      let silent = 0;
      for (let seed = 1; seed <= rounds; seed += 1) {
        const { written, handled, reported } = await run(store, filter, seed);
        expect({ seed, atLeast: handled + reported >= written }).toEqual({ seed, atLeast: true });
        if (reported === 0) silent += 1;
      }
      expect(silent).toBeLessThan(rounds);
    },
  );
});
