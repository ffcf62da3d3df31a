/** Revisions that are gone before a watcher with `deliver: every` reads them: how many, on both engines. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
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

describe.each(["embedded", "NATS"] as const)("kv deliver: every on the %s store", (engine) => {
  let store: Store;
  let bucket: Bucket;
  beforeEach(async () => {
    store = engine === "NATS" ? await openStore(server.url) : temporary.store;
    bucket = await store.createBucket("B", { history: 3 });
  });
  afterEach(async () => {
    await store.destroyBucket("B");
    if (engine === "NATS") await store.close();
  });

  const play = (key: string): PlayedWatcher =>
    new PlayedWatcher(kv, { bucket: "B", mode: "watch", deliver: "every", key }, { store });
  const put = async (key: string, count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) await bucket.put(key, "value");
  };

  it("reports exactly how many revisions of a whole bucket are gone, with the entry after them", async () => {
    await put("a", 1);
    const played = play(">");
    expect(missed(await played.lookOn("start"))).toEqual([]);
    await put("a", 5); // 2 to 6, of which 4 to 6 stay
    await put("b", 4); // 7 to 10, of which 8 to 10 stay
    const seen = await played.lookOn("hint");
    expect(missed(seen)).toEqual(["2 exactly", "1 exactly"]);
    expect(seen[0]).toMatchObject({
      announce: true,
      missed: { bucket: "B", revisions: 2, isExact: true },
      detail: { missed: 2, missed_exact: true },
    });
    expect(seen[1]?.announce).toBeUndefined();
    await put("a", 3);
    expect(missed(await played.lookOn("hint"))).toEqual([]);
  });

  it("reports revisions that were emptied, purged or overtaken while it was away, after a restart too", async () => {
    await put("a", 1);
    const played = play(">");
    await played.lookOn("start");
    await put("a", 2);
    await bucket.empty();
    expect(missed(await played.lookOn("hint"))).toEqual([]);
    played.restart();
    await put("a", 2);
    await bucket.purge("a");
    expect(missed(await played.lookOn("resume"))).toEqual(["4 exactly"]);
  });

  it("does not miss what was gone before it began, or what is overtaken once it was read", async () => {
    await put("a", 9);
    await put("b", 9);
    const played = play(">");
    await played.look("start");
    await put("a", 9); // the watcher has read the entries up to 18 already
    played.restart();
    const gone = missed(await played.lookOn("resume"));
    // 16 to 18 are there; of 19 to 27 only the last three are.
    expect(gone).toEqual(["6 exactly"]);
  });

  it("counts from its first look on, also in a bucket that was empty then, over a restart", async () => {
    await put("a", 4);
    await bucket.empty();
    const played = play(">");
    expect(missed(await played.lookOn("start"))).toEqual([]);
    played.restart();
    await put("a", 5); // 5 to 9, of which 7 to 9 stay
    expect(missed(await played.lookOn("resume"))).toEqual(["2 exactly"]);
  });

  it("says up to how many revisions of one key are gone, and none while its history is not used up", async () => {
    await put("k", 1);
    const played = play("k");
    await played.lookOn("start");
    await put("other", 9); // 2 to 10, of which 8 to 10 stay
    await put("k", 2);
    expect(missed(await played.lookOn("hint"))).toEqual([]);
    await put("k", 3); // 13 to 15
    expect(missed(await played.lookOn("hint"))).toEqual([]);
    await put("k", 5); // 16 to 20, of which 18 to 20 stay
    await put("other", 9); // 21 to 29; they come after
    const seen = await played.lookOn("hint");
    expect(missed(seen)).toEqual(["up to 2"]);
    expect(seen[0]?.detail).toMatchObject({ missed: 2, missed_exact: false });
  });

  it("counts revisions of other keys that are there for what they are: not gone", async () => {
    await put("k.a", 1);
    const played = play("k.*");
    await played.lookOn("start");
    for (const key of ["x", "y", "z"]) await put(key, 1); // 2 to 4
    await put("k.a", 4); // 5 to 8, of which 6 to 8 stay
    expect(missed(await played.lookOn("hint"))).toEqual(["up to 1"]);
  });
});

/** What the observations report as missed. */
function missed(observations: readonly Observation[]): string[] {
  return observations.flatMap((observation) => {
    const { revisions, isExact } = observation.missed ?? {};
    return revisions === undefined ? [] : [isExact ? `${revisions} exactly` : `up to ${revisions}`];
  });
}
