/** What only NATS has: copies of buckets over domains, sources, replicas, republished entries. On servers that belong together. */
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket, Store } from "../../src/kv/store.ts";
import { codeOf } from "../../src/lib/errors.ts";
import { kinds, type RunningServer, startServer } from "../setup/nats-server.ts";
import { codeFrom, historyOf, listed, taken } from "./contract/harness.ts";
import { type HubAndLeaf, startCluster, startHubAndLeaf } from "./fixtures/topologies.ts";

const mirror = { bucket: "CFG", domain: "hub" };

describe.each(kinds)("a mirror in another domain, on the %s nats-server", (kind) => {
  let servers: HubAndLeaf;
  let hub: Store;
  let leaf: Store;
  let origin: Bucket;
  let copy: Bucket;

  beforeAll(async () => {
    servers = await startHubAndLeaf(kind);
    hub = await openStore(servers.hub.url);
    leaf = await openStore(servers.leaf.url);
    origin = await hub.createBucket("CFG", { history: 3 });
    await origin.put("a.b", "1");
    copy = await leaf.createBucket("COPY", { history: 3, mirror });
  });

  afterAll(async () => {
    await hub.close();
    await leaf.close();
    await servers[Symbol.asyncDispose]();
  });

  it("has what its origin has, with the same revisions, in every way of reading", async () => {
    await using watch = copy.watch("a.*", { includeHistory: true });
    await origin.put("a.b", "2");
    const seen: string[] = [];
    while (!seen.includes("PUT:a.b=2@2/0")) seen.push(...(await taken(watch, 1)));
    expect((await copy.get("a.b"))?.string()).toBe("2");
    expect((await copy.get("a.b", { stale: true }))?.string()).toBe("2");
    expect((await copy.get("a.b", { revision: 1 }))?.string()).toBe("1");
    expect(await historyOf(copy)).toEqual(["PUT:a.b=1@1/1", "PUT:a.b=2@2/0"]);
    expect(await listed(copy.keys())).toEqual(["a.b"]);
  });

  it("sends writes to its origin, also by a handle that was opened", async () => {
    const opened = await leaf.openBucket("COPY");
    await using watch = opened.watch("w", { updatesOnly: true });
    const first = await opened.put("w", "1");
    expect(await opened.update("w", "2", first)).toBe(first + 1);
    await expect(opened.update("w", "3", first)).rejects.toMatchObject({ code: "WRONG_REVISION" });
    await opened.delete("w");
    const entries = [`PUT:w=1@${first}/0`, `PUT:w=2@${first + 1}/0`, `DEL:w=@${first + 2}/0`];
    expect(await taken(watch, 4)).toEqual(["READY", ...entries]);
    expect((await origin.entry("w"))?.operation).toBe("DEL");
  });

  it("is shown as what it is, and made once", async () => {
    const status = await copy.status();
    expect(status).toMatchObject({ bucket: "COPY", history: 3, mirror });
    expect(status.origins).toMatchObject([{ ...mirror, lag: 0 }]);
    expect((await leaf.listBuckets()).map(({ bucket }) => bucket)).toEqual(["COPY"]);
    await leaf.createBucket("COPY", { history: 3, mirror });
    expect(await codeFrom(() => leaf.createBucket("COPY", { history: 3 }))).toBe("BUCKET_EXISTS");
    const refused = leaf.createBucket("COPY", { history: 3, mirror: { bucket: "CFG", domain: "other" } });
    await expect(refused).rejects.toThrow(/other settings \(mirror\)/);
  });

  it("has no entries of its own that could be removed", async () => {
    expect(await codeFrom(() => copy.empty())).toBe("UNSUPPORTED");
    expect(await codeFrom(() => copy.purgeDeletes(0))).toBe("UNSUPPORTED");
  });

  it("reads on while its origin is away, and says so to who writes", async () => {
    await servers.hub[Symbol.asyncDispose]();
    expect((await copy.get("a.b"))?.string()).toBe("2");
    await expect(copy.put("a.b", "3")).rejects.toThrow(
      /copies CFG, where its writes go: nobody answers there/,
    );
  });
});

describe.each(kinds)("on the %s nats-server", (kind) => {
  let server: RunningServer;
  let store: Store;

  beforeAll(async () => {
    server = await startServer(kind);
    store = await openStore(server.url);
  });

  afterAll(async () => {
    await store.close();
    await server[Symbol.asyncDispose]();
  });

  it("a mirror in its own domain is refused, and a mirror of more than one thing", async () => {
    await expect(store.createBucket("M", { mirror: { bucket: "B" } })).rejects.toThrow(/or use sources/);
    const refusals = [
      { mirror: { bucket: "B" } },
      { mirror, markerTtlMs: 1000 },
      { mirror, sources: [{ bucket: "B" }] },
    ];
    for (const config of refusals)
      expect(await codeFrom(() => store.createBucket("M", config))).toBe("UNSUPPORTED");
    expect(await store.listBuckets()).toEqual([]);
  });

  it("sources come together under their keys, deletes too", async () => {
    const sources = [{ bucket: "ONE" }, { bucket: "TWO" }];
    if (kind === "old") {
      await expect(store.createBucket("ALL", { sources })).rejects.toThrow(
        /version 2\.9\.10, 2\.10\.0 or later/,
      );
      return;
    }
    const one = await store.createBucket("ONE");
    const two = await store.createBucket("TWO");
    await one.put("a", "1");
    const all = await store.createBucket("ALL", { sources });
    await using watch = all.watch();
    expect([...(await taken(watch, 2))].sort()).toEqual(["PUT:a=1@1/0", "READY"]);
    await two.put("b.c", "2");
    expect(await taken(watch, 1)).toEqual(["PUT:b.c=2@2/0"]);
    await one.delete("a");
    expect(await taken(watch, 1)).toEqual(["DEL:a=@3/0"]);
    expect(await all.put("own", "3")).toBe(4);
    const status = await all.status();
    expect(status.sources).toEqual(sources);
    expect(status.origins?.map(({ bucket }) => bucket).sort()).toEqual(["ONE", "TWO"]);
    await store.createBucket("ALL", { sources });
    for (const name of ["ALL", "ONE", "TWO"]) await store.destroyBucket(name);
  });

  it("entries are published once more", async () => {
    const republish = { destination: "copies.>", source: "$KV.LOUD.>" };
    const bucket = await store.createBucket("LOUD", { republish });
    expect((await bucket.status()).republish).toEqual(republish);
    const connection = await connect({ servers: server.url });
    const heard = connection.subscribe("copies.>", { max: 1 });
    await connection.flush();
    await bucket.put("a", "1");
    for await (const message of heard) {
      expect([message.subject, message.string()]).toEqual(["copies.a", "1"]);
    }
    await connection.close();
    await store.destroyBucket("LOUD");
  });

  it("headers alone are published when that was asked", async () => {
    const republish = { destination: "copies.>", headersOnly: true };
    const bucket = await store.createBucket("TERSE", { republish });
    expect((await bucket.status()).republish).toEqual(republish);
    const connection = await connect({ servers: server.url });
    const heard = connection.subscribe("copies.>", { max: 1 });
    await connection.flush();
    await bucket.put("a", "value");
    for await (const message of heard) {
      expect([message.string(), message.headers?.get("Nats-Msg-Size")]).toEqual(["", "5"]);
    }
    await connection.close();
    await store.destroyBucket("TERSE");
  });
});

it("replicas: one winner of many conditional writes, and one server may go", async () => {
  await using cluster = await startCluster();
  await using store = await whenElected(() => openStore(cluster.url));
  const config = { history: 3, replicas: 3, placement: { cluster: "C", tags: ["disk:fast"] } };
  const bucket = await whenElected(() => store.createBucket("SAFE", config));
  await bucket.put("a", "0");
  for (let round = 1; round <= 10; round++) {
    const updates = Array.from({ length: 20 }, (_, at) => bucket.update("a", `${round}.${at}`, round));
    const results = await Promise.allSettled(updates);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const codes = results.flatMap((result) => (result.status === "rejected" ? [codeOf(result.reason)] : []));
    expect(new Set(codes)).toEqual(new Set(["WRONG_REVISION"]));
  }
  const status = await bucket.status();
  expect(status).toMatchObject(config);
  expect(status.cluster?.name).toBe("C");
  expect(
    [status.cluster?.leader, ...(status.cluster?.replicas.map(({ name }) => name) ?? [])].sort(),
  ).toEqual(["n0", "n1", "n2"]);
  await cluster.servers[Number(status.cluster?.leader?.slice(1))]?.[Symbol.asyncDispose]();
  expect(await whenElected(() => bucket.put("a", "after"))).toBeGreaterThan(11);
  expect((await bucket.get("a"))?.string()).toBe("after");
});

/** What a cluster refuses, or does not answer, while it elects its leaders. */
async function whenElected<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!["FAILED", "TIMEOUT"].includes(codeOf(error))) throw error;
    }
  }
}
