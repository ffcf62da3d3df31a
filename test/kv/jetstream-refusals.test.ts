/** What a server refuses, or has no more of: said clearly, nothing half made, and over when it is over. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { kinds, startServer } from "../setup/nats-server.ts";
import { codeFrom, listed, taken } from "./contract/harness.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-refusals-"));
});

afterEach(() => rm(directory, { recursive: true }));

async function flagsOf(config: string): Promise<string[]> {
  const file = join(directory, "server.conf");
  await writeFile(file, config);
  return ["-c", file];
}

describe.each(kinds)("on the %s nats-server", (kind) => {
  it("an account that may have no more streams", async () => {
    const limits = "jetstream: { max_streams: 2, max_store: 50M, max_mem: 1M, max_consumers: 100 }";
    const config = `jetstream {}\naccounts { A: { users: [{ user: a, password: b }], ${limits} } }\n`;
    await using server = await startServer(kind, await flagsOf(config));
    await using store = await openStore(server.url.replace("//", "//a:b@"));
    await store.createBucket("ONE");
    await store.createBucket("TWO");
    await expect(store.createBucket("THREE")).rejects.toMatchObject({
      code: "STORE_FULL",
      message: expect.stringMatching(/making bucket THREE: .*maximum number of streams reached/),
    });
    expect((await store.listBuckets()).map(({ bucket }) => bucket)).toEqual(["ONE", "TWO"]);
    await store.destroyBucket("ONE");
    await store.createBucket("THREE");
  });

  it("an account whose storage is used up: what was acknowledged stays, and room helps", async () => {
    const limits = "jetstream: { max_streams: 5, max_store: 200K, max_mem: 1M, max_consumers: 100 }";
    const config = `jetstream {}\naccounts { A: { users: [{ user: a, password: b }], ${limits} } }\n`;
    await using server = await startServer(kind, await flagsOf(config));
    await using store = await openStore(server.url.replace("//", "//a:b@"));
    const bucket = await store.createBucket("B");
    const written: string[] = [];
    let code: unknown = "nothing";
    for (let index = 100; code === "nothing"; index++) {
      code = await codeFrom(() => bucket.put(`key${index}`, "x".repeat(20_000)));
      if (code === "nothing") written.push(`key${index}`);
    }
    expect(code).toBe("STORE_FULL");
    expect(written.length).toBeGreaterThan(5);
    expect(await listed(bucket.keys())).toEqual(written);
    expect((await bucket.get(written[0] ?? ""))?.length).toBe(20_000);
    await bucket.empty();
    expect(await bucket.put("again", "value")).toBeGreaterThan(written.length);
  });

  it("a server that takes no large messages", async () => {
    await using server = await startServer(kind, await flagsOf("jetstream {}\nmax_payload: 65536\n"));
    await using store = await openStore(server.url);
    const bucket = await store.createBucket("B");
    expect(await bucket.put("small", "x".repeat(60_000))).toBe(1);
    await expect(bucket.put("large", "x".repeat(70_000))).rejects.toMatchObject({
      code: "VALUE_TOO_LARGE",
      message: expect.stringMatching(/larger than this NATS server takes \(its max_payload\)/),
    });
    expect(await bucket.put("small", "again")).toBe(2);
  });

  it("JetStream is switched off, and on again", async () => {
    await using server = await startServer(kind);
    await using store = await openStore(server.url);
    const bucket = await store.createBucket("B");
    await bucket.put("a", "1");
    await using watch = bucket.watch();
    expect(await taken(watch, 2)).toEqual(["PUT:a=1@1/0", "READY"]);
    await server.restart([]);
    for (const verb of [() => bucket.put("a", "2"), () => bucket.get("a"), () => store.createBucket("C")]) {
      const refused = await failureOf(verb);
      expect(refused).toMatch(/JetStream|connection to NATS was lost/);
    }
    expect(await failureOf(() => bucket.put("a", "2"))).toMatch(/it is not enabled \(nats-server -js\)/);
    await server.restart();
    // Lost in between or not: the next one is there.
    while ((await codeFrom(() => bucket.put("a", "3"))) !== "nothing");
    for await (const item of watch) if (item.operation === "PUT" && item.string() === "3") break;
    expect((await bucket.get("a"))?.string()).toBe("3");
  });

  it("a store closes at once while its server is away", async () => {
    const server = await startServer(kind);
    const store = await openStore(server.url);
    const bucket = await store.createBucket("B");
    const watch = bucket.watch();
    await taken(watch, 1);
    const written = codeFrom(() => bucket.put("a", "1"));
    await server[Symbol.asyncDispose]();
    await store.close();
    expect(["nothing", "TIMEOUT", "STORE_CLOSED"]).toContain(await written);
    expect(await codeFrom(() => watch.next())).toBe("STORE_CLOSED");
  });

  it("killed and started again five times under load: what was acknowledged is there, watches have all of it", async () => {
    await using server = await startServer(kind);
    await using store = await openStore(server.url);
    const bucket = await store.createBucket("B", { history: 64 });
    await using one = bucket.watch("w.>", { includeHistory: true });
    await using two = bucket.watch(">", { updatesOnly: true });
    await taken(one, 1);
    await taken(two, 1);
    const acknowledged = new Map<string, number>();
    let isOver = false;
    const writer = async (name: string): Promise<void> => {
      for (let index = 0; !isOver; index++) {
        const key = `w.${name}${index}`;
        await bucket.put(key, "x").then(
          (revision) => acknowledged.set(key, revision),
          () => undefined,
        );
      }
    };
    const writers = ["a", "b", "c", "d"].map(writer);
    for (let round = 0; round < 5; round++) {
      const before = acknowledged.size;
      // Each life of the server takes some writes.
      while (acknowledged.size < before + 50) await bucket.put("tick", "x").catch(() => undefined);
      await server.restart();
    }
    isOver = true;
    await Promise.all(writers);
    const last = await bucket.put("w.last", "x");
    for (const [key, revision] of acknowledged) expect((await bucket.get(key))?.revision).toBe(revision);
    const stored = await listed(bucket.history("w.>", { metaOnly: true }));
    for (const watch of [one, two]) {
      const seen: number[] = [];
      for await (const { key, revision } of watch as AsyncIterable<{ key: string; revision: number }>) {
        if (key.startsWith("w.")) seen.push(revision);
        if (revision === last) break;
      }
      expect(seen).toEqual(stored.map(({ revision }) => revision));
    }
  });
});

async function failureOf(work: () => Promise<unknown>): Promise<string> {
  return work().then(
    () => "nothing failed",
    (error: unknown) => String(error),
  );
}
