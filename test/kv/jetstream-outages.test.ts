/** The JetStream engine while its network is cut or stalled, and where the server refuses. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { WatchItem } from "../../src/kv/store.ts";
import { type Logger, silentLogger } from "../../src/lib/logger.ts";
import { kinds, startServer } from "../setup/nats-server.ts";
import { codeFrom } from "./contract/harness.ts";
import { startProxy } from "./fixtures/proxy.ts";

describe.each(kinds)("on the %s nats-server", (kind) => {
  it("a write whose answer is lost with the connection fails at once and says so", async () => {
    await using server = await startServer(kind);
    await using proxy = await startProxy(server.url);
    await using store = await openStore(proxy.url);
    const bucket = await store.createBucket("B");
    proxy.stall();
    const written = bucket.put("a", "1");
    // By then the request is on its way.
    setImmediate(() => proxy.cut());
    await expect(written).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(
        /writing key a of bucket B: the connection to NATS was lost .* not known/,
      ),
    });
    proxy.restore();
  });

  it("cut again and again under load: what was acknowledged is there, watches have all of it once", async () => {
    await using server = await startServer(kind);
    await using proxy = await startProxy(server.url);
    await using store = await openStore(proxy.url);
    await using direct = await openStore(server.url);
    const bucket = await store.createBucket("B");
    await using watch = bucket.watch(">", { updatesOnly: true });
    await watch.next();
    const acknowledged = new Map<string, number>();
    let failed = 0;
    const writer = async (name: string): Promise<void> => {
      for (let index = 0; index < 60; index++) {
        const key = `${name}.${index}`;
        if (name === "w0" && index % 20 === 10) {
          proxy.cut();
          proxy.restore();
        }
        await bucket.put(key, "x").then(
          (revision) => acknowledged.set(key, revision),
          () => failed++,
        );
      }
    };
    await Promise.all(["w0", "w1", "w2", "w3"].map(writer));
    expect(failed).toBeGreaterThan(0);
    expect(acknowledged.size + failed).toBe(240);
    const theirs = await direct.openBucket("B");
    for (const [key, revision] of acknowledged) expect((await theirs.get(key))?.revision).toBe(revision);
    const last = await bucket.put("last", "x");
    const seen: WatchItem[] = [];
    for await (const item of watch) {
      seen.push(item);
      if (item.revision === last) break;
    }
    const revisions = seen.map(({ revision }) => revision);
    expect(revisions).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  });

  it("a subject that the user may not write is an error that names it, at once", async () => {
    const directory = await mkdtemp(join(tmpdir(), "machinist-nats-"));
    const file = join(directory, "server.conf");
    await writeFile(
      file,
      `jetstream: {}\nauthorization { users = [
        { user: all, password: all }
        { user: reader, password: reader, permissions: { publish: { deny: "$KV.>" } } }
      ] }\n`,
    );
    await using server = await startServer(kind, ["-c", file]);
    const at = server.url.slice("nats://".length);
    await using all = await openStore(`nats://all:all@${at}`);
    await using reader = await openStore(`nats://reader:reader@${at}`);
    await (await all.createBucket("B")).put("a", "1");
    const theirs = await reader.openBucket("B");
    expect((await theirs.get("a"))?.string()).toBe("1");
    await expect(theirs.put("a", "2")).rejects.toMatchObject({
      code: "FAILED",
      message: expect.stringMatching(/the NATS user may not do this: .*\$KV\.B\.a/),
    });
    await rm(directory, { recursive: true });
  });
});

it("a cut that outlasts what is waited for: nothing was done, and watches get what others wrote meanwhile", async () => {
  await using server = await startServer("current");
  await using proxy = await startProxy(server.url);
  await using store = await openStore(proxy.url);
  await using direct = await openStore(server.url);
  const bucket = await store.createBucket("B", { history: 64 });
  await using watch = bucket.watch();
  await watch.next();
  proxy.cut();
  const refused = codeFrom(() => bucket.put("a", "mine"));
  const theirs = await direct.openBucket("B");
  for (let number = 1; number <= 500; number++) await theirs.put(`key${number % 10}`, String(number));
  expect(await refused).toBe("TIMEOUT");
  expect(await theirs.get("a")).toBeNull();
  proxy.restore();
  const revisions: number[] = [];
  for await (const { revision } of watch) {
    revisions.push(revision);
    if (revision === 500) break;
  }
  expect(revisions).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
});

it("a connection that carries nothing any more is noticed, and made anew", async () => {
  await using server = await startServer("current");
  await using proxy = await startProxy(server.url);
  let lost: () => void = () => undefined;
  const isLost = new Promise<void>((resolve) => {
    lost = resolve;
  });
  const log: Logger = {
    ...silentLogger,
    warn: (message) => (/connection to NATS is lost/.test(message) ? lost() : undefined),
  };
  await using store = await openStore(proxy.url, { log });
  const bucket = await store.createBucket("B");
  await using watch = bucket.watch();
  await watch.next();
  proxy.stall();
  await isLost;
  proxy.cut();
  proxy.restore();
  expect(await bucket.put("a", "1")).toBe(1);
  expect((await watch.next()).value).toMatchObject({ key: "a", revision: 1 });
});
