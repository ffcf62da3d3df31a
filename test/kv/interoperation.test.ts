/** The two clients that people have, today's `@nats-io/kv` and the older `nats`: they use our buckets, we use theirs. */
import { type KV, Kvm } from "@nats-io/kv";
import { connect } from "nats";
import { connect as connectLegacy, type KV as LegacyKv } from "nats-legacy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket, Store } from "../../src/kv/store.ts";
import { kinds, type RunningServer, startServer } from "../setup/nats-server.ts";
import { codeFrom, historyOf, listed, shown, taken } from "./contract/harness.ts";

type Theirs = KV | LegacyKv;

interface Client extends AsyncDisposable {
  /** Opens the bucket, which is made when it is missing. */
  bucket(name: string): Promise<Theirs>;
}

const config = { history: 5, description: "of both", ttl: 3_600_000 };

const clients: Readonly<Record<string, (url: string) => Promise<Client>>> = {
  async "@nats-io/kv"(url) {
    const connection = await connect({ servers: url });
    const buckets = new Kvm(connection);
    return {
      bucket: (name) => buckets.create(name, config),
      [Symbol.asyncDispose]: () => connection.close(),
    };
  },
  async "nats 2"(url) {
    const connection = await connectLegacy({ servers: url });
    const { views } = connection.jetstream();
    return {
      bucket: (name) => views.kv(name, config),
      [Symbol.asyncDispose]: () => connection.close(),
    };
  },
};

/** Who made the bucket. */
const makers = ["us", "them"] as const;
const cases = kinds.flatMap((kind) =>
  Object.keys(clients).flatMap((client) => makers.map((maker) => ({ kind, client, maker }))),
);

describe.each(cases)("$client on the $kind nats-server, in a bucket made by $maker", (run) => {
  let server: RunningServer;
  let store: Store;
  let client: Client;
  let ours: Bucket;
  let theirs: Theirs;
  let buckets = 0;

  beforeAll(async () => {
    server = await startServer(run.kind);
    store = await openStore(server.url);
    const opened = await clients[run.client]?.(server.url);
    if (!opened) throw new Error(`there is no client ${run.client}`);
    client = opened;
  });

  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await store.close();
    await server[Symbol.asyncDispose]();
  });

  async function both(): Promise<void> {
    const name = `both${++buckets}`;
    const { description, history, ttl: ttlMs } = config;
    if (run.maker === "us") await store.createBucket(name, { description, history, ttlMs });
    theirs = await client.bucket(name);
    ours = await store.openBucket(name);
  }

  it("put, create, update and get", async () => {
    await both();
    expect(await ours.put("a.b", "1")).toBe(1);
    expect(await theirs.put("c", new TextEncoder().encode("2"))).toBe(2);
    expect(await theirs.update("a.b", new TextEncoder().encode("3"), 1)).toBe(3);
    expect(await ours.update("c", "4", 2)).toBe(4);
    expect(await codeFrom(() => ours.update("a.b", "5", 1))).toBe("WRONG_REVISION");
    await expect(theirs.update("c", "5", 2)).rejects.toThrow("wrong last sequence: 4");
    expect(await ours.create("d", "6")).toBe(5);
    expect(await theirs.create("e", "7")).toBe(6);
    await expect(theirs.create("d", "8")).rejects.toThrow("wrong last sequence");
    expect(await codeFrom(() => ours.create("e", "8"))).toBe("KEY_EXISTS");
    expect(await shownTheirs(theirs, "a.b", "c", "d", "e", "f")).toEqual([
      "PUT:a.b=3@3",
      "PUT:c=4@4",
      "PUT:d=6@5",
      "PUT:e=7@6",
      "nothing",
    ]);
    expect(await historyOf(ours)).toEqual([
      "PUT:a.b=1@1/5",
      "PUT:c=2@2/4",
      "PUT:a.b=3@3/3",
      "PUT:c=4@4/2",
      "PUT:d=6@5/1",
      "PUT:e=7@6/0",
    ]);
    expect((await theirs.get("a.b", { revision: 1 }))?.string()).toBe("1");
    expect((await ours.get("a.b", { revision: 1 }))?.string()).toBe("1");
  });

  it("delete and purge leave markers that both see, and create goes over them", async () => {
    await both();
    for (const key of ["a", "b", "c", "d"]) await ours.put(key, key);
    await ours.delete("a");
    await ours.purge("b");
    await theirs.delete("c");
    await theirs.purge("d");
    expect(await shownTheirs(theirs, "a", "b")).toEqual(["DEL:a=@5", "PURGE:b=@6"]);
    const entries = await Promise.all(["c", "d"].map((key) => ours.entry(key)));
    expect(entries.map((entry) => entry && shown(entry))).toEqual(["DEL:c=@7/0", "PURGE:d=@8/0"]);
    expect(await listed(ours.keys())).toEqual([]);
    expect(await listed(await theirs.keys())).toEqual([]);
    expect(await theirs.create("a", "again")).toBe(9);
    expect(await ours.create("c", "again")).toBe(10);
    expect(await listed(ours.keys())).toEqual(["a", "c"]);
    expect((await listed(await theirs.keys())).toSorted()).toEqual(["a", "c"]);
    const old: string[] = [];
    for await (const entry of await theirs.history()) {
      old.push(`${entry.operation}:${entry.key}=${entry.string()}@${entry.revision}`);
    }
    expect(old).toEqual((await historyOf(ours)).map((line) => line.replace(/\/\d+$/, "")));
  });

  it("our watch sees what they write", async () => {
    await both();
    await ours.put("a", "1");
    await using watch = ours.watch();
    expect(await taken(watch, 2)).toEqual(["PUT:a=1@1/0", "READY"]);
    await theirs.put("b", "2");
    await theirs.delete("b");
    await theirs.purge("a");
    expect(await taken(watch, 3)).toEqual(["PUT:b=2@2/0", "DEL:b=@3/0", "PURGE:a=@4/0"]);
  });

  it("their watch sees what we write", async () => {
    await both();
    await ours.put("a", "1");
    const watching = await theirs.watch();
    const seen: string[] = [];
    for await (const entry of watching) {
      const { operation, key, revision } = entry;
      seen.push(`${operation}:${key}=${entry.string()}@${revision}`);
      if (revision === 1) await ours.put("c", "5");
      if (revision === 2) await ours.delete("c");
      if (revision === 3) await ours.purge("a");
      if (revision === 4) break;
    }
    expect(seen).toEqual(["PUT:a=1@1", "PUT:c=5@2", "DEL:c=@3", "PURGE:a=@4"]);
  });

  it("status tells both the same", async () => {
    await both();
    await ours.put("a", "1");
    await theirs.put("a", "2");
    const status = await theirs.status();
    const { history, ttlMs, values, bucket, description } = await ours.status();
    expect({ history, ttlMs, values, bucket, description }).toEqual({
      history: status.history,
      ttlMs: status.ttl,
      values: status.values,
      bucket: status.bucket,
      description: status.description,
    });
    expect({ history, ttlMs, values }).toEqual({ history: 5, ttlMs: config.ttl, values: 2 });
  });

  it("what one destroys is gone for the other", async () => {
    await both();
    await theirs.put("a", "1");
    const waiting = ours.watch();
    expect(await taken(waiting, 2)).toEqual(["PUT:a=1@1/0", "READY"]);
    expect(await theirs.destroy()).toBe(true);
    expect(await codeFrom(() => ours.put("a", "2"))).toBe("BUCKET_NOT_FOUND");
    expect(await codeFrom(() => waiting.next())).toBe("BUCKET_NOT_FOUND");
    await both();
    await store.destroyBucket(ours.name);
    await expect(theirs.status()).rejects.toThrow("stream not found");
  });
});

async function shownTheirs(theirs: Theirs, ...keys: string[]): Promise<string[]> {
  const entries = await Promise.all(keys.map((key) => theirs.get(key)));
  return entries.map((entry) =>
    entry ? `${entry.operation}:${entry.key}=${entry.string()}@${entry.revision}` : "nothing",
  );
}

it.each(kinds)("a lease of the stock client on the %s nats-server ends here too", async (kind) => {
  await using server = await startServer(kind);
  await using store = await openStore(server.url);
  const connection = await connect({ servers: server.url });
  const kvm = new Kvm(connection);
  if (kind === "old") {
    const bucket = await store.openBucket((await (await kvm.create("stock-ttl")).status()).bucket);
    expect(await codeFrom(() => bucket.create("a", "1", { ttlMs: 2000 }))).toBe("TTL_UNSUPPORTED");
  } else {
    const theirs = await kvm.create("stock-ttl", { markerTTL: 3000 });
    const ours = await store.openBucket("stock-ttl");
    await using watch = ours.watch();
    expect(await taken(watch, 1)).toEqual(["READY"]);
    await theirs.create("a", "1", "3s");
    // What has ended before it was sent is not sent.
    expect(await taken(watch, 1)).toEqual(["PUT:a=1@1/0"]);
    expect((await ours.get("a"))?.ttlMs).toBe(3000);
    expect(await taken(watch, 1)).toEqual(["PURGE:a=@2/0"]);
  }
  await connection.close();
});

it.each(kinds)(
  "a bucket on the %s nats-server that allows no direct reads is read from its leader",
  async (kind) => {
    await using server = await startServer(kind);
    await using store = await openStore(server.url);
    const connection = await connect({ servers: server.url });
    const theirs = await new Kvm(connection).create("undirect", { allow_direct: false });
    await theirs.put("a", "1");
    const entry = await (await store.openBucket("undirect")).get("a", { stale: true });
    expect(entry && shown(entry)).toBe("PUT:a=1@1/0");
    await connection.close();
  },
);
