/** What is the JetStream engine's own: other clients of the same server, and a server that goes away. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import { kinds, type RunningServer, startServer } from "../setup/nats-server.ts";
import { codeFrom, historyOf, listed, taken } from "./contract/harness.ts";

describe.each(kinds)("on the %s nats-server", (kind) => {
  let server: RunningServer;
  let store: Store;
  let other: Store;

  beforeAll(async () => {
    server = await startServer(kind);
    store = await openStore(server.url);
    other = await openStore(server.url);
  });

  afterAll(async () => {
    await store.close();
    await other.close();
    await server[Symbol.asyncDispose]();
  });

  it("a bucket that another process destroys ends watches and handles, also when it is made again", async () => {
    const bucket = await store.createBucket("gone");
    await bucket.put("a", "1");
    const watch = bucket.watch();
    expect(await taken(watch, 2)).toEqual(["PUT:a=1@1/0", "READY"]);
    await other.destroyBucket("gone");
    await (await other.createBucket("gone")).put("a", "new");
    expect(await codeFrom(() => watch.next())).toBe("BUCKET_NOT_FOUND");
    for (const verb of [() => bucket.get("a"), () => bucket.put("a", "2"), () => bucket.status()]) {
      expect(await codeFrom(verb)).toBe("BUCKET_NOT_FOUND");
    }
    const again = await store.openBucket("gone");
    expect(await historyOf(again)).toEqual(["PUT:a=new@1/0"]);
  });

  it("a write to a bucket that another process destroyed finds nothing", async () => {
    const bucket = await store.createBucket("gone2");
    await other.destroyBucket("gone2");
    expect(await codeFrom(() => bucket.put("a", "1"))).toBe("BUCKET_NOT_FOUND");
    expect(await codeFrom(() => bucket.get("a"))).toBe("BUCKET_NOT_FOUND");
    expect(await codeFrom(() => listed(bucket.keys()))).toBe("BUCKET_NOT_FOUND");
  });

  it("a bucket that another process makes is noticed", async () => {
    const noticed = store.whenBucketExists("later", new AbortController().signal);
    await other.createBucket("later");
    await noticed;
  });

  it("a watch gets what another process writes, empties and writes again", async () => {
    await using watch = (await store.createBucket("shared")).watch();
    expect(await taken(watch, 1)).toEqual(["READY"]);
    const theirs = await other.openBucket("shared");
    await theirs.put("a", "1");
    expect(await taken(watch, 1)).toEqual(["PUT:a=1@1/0"]);
    await theirs.empty();
    await theirs.put("a", "2");
    expect(await taken(watch, 1)).toEqual(["PUT:a=2@2/0"]);
  });

  it("reading ends although entries are removed meanwhile", async () => {
    const bucket = await store.createBucket("shrinking", { history: 5 });
    for (let index = 0; index < 3000; index++) void bucket.put(`key${index}`, "x".repeat(1000));
    await bucket.put("last", "x");
    const read = listed(bucket.history());
    await (await other.openBucket("shrinking")).empty();
    expect((await read).length).toBeLessThanOrEqual(3001);
  });

  it("READY comes after all that is there, also where a server counts too few from a revision on", async () => {
    const bucket = await store.createBucket("counted", { history: 4 });
    await bucket.put("a", "1");
    for (const key of ["b", "a.b.c", "c", "c"]) await bucket.purge(key);
    await bucket.put("b", "6");
    await bucket.purge("c");
    await using watch = bucket.watch(">", { resumeFromRevision: 4 });
    expect(await taken(watch, 3)).toEqual(["PUT:b=6@6/0", "PURGE:c=@7/0", "READY"]);
  });

  it("the limits are the same for every process", async () => {
    await store.createBucket("limited", { maxValueSize: 5, history: 3, ttlMs: 60_000 });
    const theirs = await other.createBucket("limited", { maxValueSize: 5, history: 3, ttlMs: 60_000 });
    expect(await theirs.status()).toMatchObject({ maxValueSize: 5, history: 3, ttlMs: 60_000, metadata: {} });
    expect(await codeFrom(() => theirs.put("a", "123456"))).toBe("VALUE_TOO_LARGE");
    expect(await codeFrom(() => other.createBucket("limited", { maxValueSize: 6 }))).toBe("BUCKET_EXISTS");
  });

  it("a condition of a write counts against the largest payload of the server, and it says so", async () => {
    const bucket = await store.createBucket("large");
    const value = new Uint8Array(1_048_576);
    expect(await bucket.put("a", value)).toBe(1);
    await expect(bucket.update("a", value, 1)).rejects.toMatchObject({
      code: "VALUE_TOO_LARGE",
      message: expect.stringMatching(/max_payload/),
    });
    expect(await bucket.update("a", value.subarray(200), 1)).toBe(2);
  });

  it("what the server cannot do is refused with its version and the needed one", async () => {
    const message = kind === "old" ? /version 2\.9\.10, 2\.10\.0 or later/ : /replicas > 1 not supported/;
    const refused = store.createBucket("replicated", { replicas: 3 });
    await expect(refused).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(message),
    });
    expect(await codeFrom(() => store.openBucket("replicated"))).toBe("BUCKET_NOT_FOUND");
  });

  it("markers are refused with the server's version and the needed one, or made for all clients", async () => {
    const made = store.createBucket("marking", { markerTtlMs: kind === "old" ? 1000 : 1500 });
    await expect(made).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(
        kind === "old" ? /version 2\.9\.10, 2\.11\.0 or later/ : /whole seconds/,
      ),
    });
    expect(await codeFrom(() => store.openBucket("marking"))).toBe("BUCKET_NOT_FOUND");
    if (kind === "old") return;
    const ours = await store.createBucket("marking", { markerTtlMs: 2000 });
    const theirs = await other.createBucket("marking", { markerTtlMs: 2000 });
    expect(await theirs.status()).toMatchObject({ markerTtlMs: 2000 });
    expect(await codeFrom(() => other.createBucket("marking"))).toBe("BUCKET_EXISTS");
    await ours.create("lease", "1", { ttlMs: 1001 });
    expect((await theirs.get("lease"))?.ttlMs).toBe(2000);
  });

  it("removing entries of a bucket with markers leaves none", async () => {
    if (kind === "old") {
      expect(await codeFrom(() => store.createBucket("swept", { markerTtlMs: 30_000 }))).toBe("UNSUPPORTED");
      return;
    }
    const bucket = await store.createBucket("swept", { markerTtlMs: 30_000, history: 3 });
    await bucket.create("a", "1", { ttlMs: 30_000 });
    await bucket.delete("a");
    await bucket.purgeDeletes(0);
    expect(await bucket.status()).toMatchObject({ values: 0, revision: 2 });
    await bucket.put("a", "1");
    await bucket.empty();
    expect(await bucket.status()).toMatchObject({ values: 0, revision: 3 });
  });

  it("a server that is killed and comes back: nothing is lost, nothing comes twice", async () => {
    const bucket = await store.createBucket("survivor", { history: 64 });
    await using all = bucket.watch(">", { includeHistory: true });
    await using updates = bucket.watch(">", { updatesOnly: true });
    const written: string[] = [];
    const write = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) {
        const revision = await bucket.put(`key${index}`, "v");
        written.push(`PUT:key${index}=v@${revision}/0`);
      }
    };
    await write(20);
    await server.restart();
    await write(20);
    await server.restart();
    await write(20);
    expect(await taken(all, 61)).toEqual(["READY", ...written]);
    expect(await taken(updates, 61)).toEqual(["READY", ...written]);
  });
});

it("a server without JetStream is refused", async () => {
  await using server = await startServer("current", []);
  await expect(openStore(server.url)).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringMatching(/no JetStream for this user: start it with -js/),
  });
});

it("user and password of the URL are used, and in no message", async () => {
  await using server = await startServer("current", ["-js", "--user", "me", "--pass", "p%ss"]);
  const at = server.url.slice("nats://".length);
  await using store = await openStore(`nats://me:p%25ss@${at}`);
  expect(await store.listBuckets()).toEqual([]);
  await expect(openStore(`nats://me:wrong@${at}`)).rejects.toThrow(/^(?!.*wrong)/);
  expect(await codeFrom(() => openStore(`nats://me:wrong@${at}`))).toBe("FAILED");
});
