/** keep_on_outage: what was good stays until somebody deletes it, on both engines. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, BucketStatus, Store } from "../../../src/kv/store.ts";
import { lossOf } from "../../../watchers/kv/outage.ts";
import { kv } from "../../../watchers/kv.ts";
import { type RunningServer, startServer } from "../../setup/nats-server.ts";
import { PlayedWatcher } from "../harness.ts";
import { openTemporaryStore } from "./store.ts";

interface Engine {
  readonly store: Store;
  remove(): Promise<void>;
}

async function openOnServer(kind: "old" | "current"): Promise<Engine> {
  const server = await startServer(kind);
  const store = await openStore(server.url);
  return {
    store,
    async remove() {
      await store.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const engines: readonly [string, () => Promise<Engine>][] = [
  ["embedded engine", openTemporaryStore],
  ["old nats-server", () => openOnServer("old")],
  ["current nats-server", () => openOnServer("current")],
];

const kept = "its item stays (keep_on_outage) until the key is written, or deleted, there";

describe.each(engines)("kv: keep_on_outage on the %s", (_name, open) => {
  let engine: Engine;
  let bucket: Bucket;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine.remove());
  beforeEach(async () => {
    await engine.store.destroyBucket("B").catch(() => undefined);
    bucket = await engine.store.createBucket("B");
  });

  const play = (properties: object = {}): PlayedWatcher =>
    new PlayedWatcher(
      kv,
      { bucket: "B", key: "k", keep_on_outage: true, ...properties },
      { store: engine.store },
    );

  async function anew(): Promise<void> {
    await engine.store.destroyBucket("B");
    bucket = await engine.store.createBucket("B");
  }

  it("a missing bucket is an error that fires nothing and keeps the item, until the bucket is back", async () => {
    await bucket.put("k", "v1");
    const played = play();
    await played.look("start");
    await engine.store.destroyBucket("B");
    for (const reason of ["interval", "resume"] as const) {
      if (reason === "resume") played.restart();
      const observation = await played.look(reason);
      expect(Object.keys(observation).sort()).toEqual(["detail", "error", "outcome"]);
      expect(observation.outcome).toBe("error");
      expect(observation.error).toMatch(/^bucket B, key "k": .*; the data stays \(keep_on_outage\)$/);
    }
    expect(played.data).toEqual({ B_k: "v1" });
    bucket = await engine.store.createBucket("B");
    await bucket.put("k", "v2");
    expect(await played.look()).toMatchObject({ outcome: "changed", fire: "success" });
    expect(played.data).toEqual({ B_k: "v2" });
  });

  it("a bucket made anew without the key keeps the item, also across restarts and when others write to it", async () => {
    await bucket.put("k", "v1");
    const played = play();
    await played.look("start");
    await anew();
    for (let round = 0; round < 3; round++) {
      const observation = await played.look();
      expect(Object.keys(observation).sort()).toEqual(["detail", "error", "outcome"]);
      expect(observation.error).toBe(
        `bucket B, key "k": the bucket was destroyed and created again, and has no such key; ${kept}`,
      );
      await bucket.put("other", "v");
      played.restart();
    }
    expect(played.data).toEqual({ B_k: "v1" });
    await bucket.put("k", "v1");
    expect((await played.look()).outcome).toBe("unchanged");
    await bucket.delete("k");
    expect(await played.look()).toMatchObject({ outcome: "changed", fire: "success" });
    expect(played.data).toEqual({});
  });

  it.each(["delete", "purge"] as const)("C53: %s still removes the item, in that bucket", async (how) => {
    await bucket.put("k", "v");
    const played = play({ delete_transition: "gone" });
    await played.look("start");
    await bucket[how]("k");
    expect(await played.look()).toMatchObject({ outcome: "changed", fire: { transition: "gone" } });
    expect(played.data).toEqual({});
    expect((await played.look()).outcome).toBe("unchanged");
  });

  it("a deletion in the bucket made anew removes the item too", async () => {
    await bucket.put("k", "v");
    const played = play();
    await played.look("start");
    await anew();
    await bucket.delete("k");
    expect(await played.look()).toMatchObject({ outcome: "changed" });
    expect(played.data).toEqual({});
  });

  it("a key whose marker is gone was deleted, as long as the bucket is the same", async () => {
    await bucket.put("k", "v");
    await bucket.put("other", "v");
    const played = play();
    await played.look("start");
    await bucket.delete("k");
    await bucket.purgeDeletes(0);
    expect(await bucket.entry("k")).toBeNull();
    expect(await played.look()).toMatchObject({ outcome: "changed" });
    expect(played.data).toEqual({});
  });

  it("an item without memory of its bucket stays when the bucket is new and empty, and goes otherwise", async () => {
    const played = play();
    played.kept.data = { B_k: "v" };
    expect((await played.look("start")).error).toContain("the bucket is new and empty");
    await bucket.put("other", "v");
    expect(await played.look()).toMatchObject({ outcome: "changed", patch: { B_k: undefined } });
  });

  it("values of a filter stay when the bucket is made anew; what is deleted there goes", async () => {
    await bucket.put("host.a", "1");
    await bucket.put("host.b", "1");
    const played = play({ key: "host.*" });
    await played.look("start");
    await anew();
    expect((await played.look()).fire).toBeUndefined();
    await bucket.delete("host.a");
    await bucket.put("host.b", "2");
    await played.lookOn();
    expect(played.data).toMatchObject({ "B_host.b": "2" });
    expect(Object.keys(played.data)).not.toContain("B_host.a");
  });

  it("faults of values and keys still fire fail", async () => {
    await bucket.put("k", "{broken}");
    expect(await play().look("start")).toMatchObject({ outcome: "error", fire: "fail" });
    const key = 'host.{{ lookup "data.host" "" }}';
    expect(await play({ key }).look("start")).toMatchObject({ outcome: "error", fire: "fail" });
    expect(await play({ key: '{{ lookup "data.many" "*" }}', store_key: "s" }).look()).toMatchObject({
      fire: "fail",
    });
  });

  it("without it a bucket made anew removes the item, and a missing one fires fail", async () => {
    await bucket.put("k", "v");
    const played = play({ keep_on_outage: false });
    await played.look("start");
    await anew();
    expect(await played.look()).toMatchObject({ outcome: "changed", fire: "success" });
    await engine.store.destroyBucket("B");
    expect(await played.look()).toMatchObject({ outcome: "error", fire: "fail" });
  });
});

describe("kv: keep_on_outage with a server that goes away", () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer("current");
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("keeps the item and fires nothing while it is away", async () => {
    await using store = await openStore(server.url);
    const bucket = await store.createBucket("AWAY");
    await bucket.put("k", "v1");
    const played = new PlayedWatcher(kv, { bucket: "AWAY", key: "k", keep_on_outage: true }, { store });
    await played.look("start");
    await server.stop();
    const observation = await played.look();
    expect(observation.fire).toBeUndefined();
    expect(observation.error).toContain("the data stays (keep_on_outage)");
    expect(played.data).toEqual({ AWAY_k: "v1" });
  });
});

describe("kv: what shows that a bucket is another one", () => {
  const created = "2026-01-01T00:00:00.000Z";
  const status = (revision: number): BucketStatus =>
    ({ bucket: "B", revision, created: new Date(created) }) as BucketStatus;
  const cursor = (of: object) => ({ bucket: "B", key: "k", reading: "json", created, seen: { k: 7 }, ...of });

  it.each([
    ["the same", cursor({}), 7, undefined],
    ["a revision that went back", cursor({}), 6, "the bucket was put back to an earlier revision"],
    [
      "a later creation",
      cursor({ created: "2025-01-01T00:00:00.000Z" }),
      9,
      "was destroyed and created again",
    ],
    ["no creation remembered", cursor({ created: "" }), 7, undefined],
    ["no creation remembered, gone back", cursor({ created: "" }), 6, "put back"],
    ["another setting", cursor({ bucket: "C", created: "2025-01-01T00:00:00.000Z" }), 1, undefined],
    ["nothing remembered", undefined, 1, undefined],
    ["nothing remembered or written", undefined, 0, "the bucket is new and empty"],
  ])("%s", (_name, remembered, revision, reason) => {
    const loss = lossOf(remembered, status(revision));
    if (reason === undefined) expect(loss).toBeUndefined();
    else expect(loss).toContain(reason);
  });
});
