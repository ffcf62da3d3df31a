import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import { type Logger, silentLogger } from "../../../src/lib/logger.ts";
import { startServer } from "../../setup/nats-server.ts";
import { eachTime, places, startOn } from "./harness.ts";

const secret = "a value that no log may have";

function listLogger(lines: string[]): Logger {
  const say = (message: string, fields?: object): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { ...silentLogger, error: say, warn: say };
}

describe("a store that fails", () => {
  it.each([
    ["GET", "/v4/keyvaluesnamespaces", "Failed getting all namespaces"],
    ["GET", "/v4/keyvalues/ns1?key=k", "Failed getting key-value data"],
    ["GET", "/v4/keyvalues/ns1/keyexists?key=k", "Failed getting key-value data"],
    ["POST", "/v4/keyvalues/ns1", "Failed adding key-value to namespace"],
    ["DELETE", "/v4/keyvalues/ns1/k", "Failed deleting key-value data"],
    ["DELETE", "/v4/keyvalues/ns1", "Failed clearing namespace"],
    ["GET", "/v4/keylist/ns1", "Failed getting list of keys in namespace"],
    ["GET", "/v4/kvstore/ns1?key=k", "Failed getting key-value data"],
    ["POST", "/v4/kvstore/ns1", "Failed adding key-value to namespace"],
    ["DELETE", "/v4/kvstore/ns1?key=k", "Failed deleting key-value data"],
  ])("%s %s says no more than Butler does, the log says why", async (method, path, message) => {
    const directory = await mkdtemp(join(tmpdir(), "machinist-butler-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const store = await openStore(directory);
    const lines: string[] = [];
    const { ask } = await startOn(store, { log: listLogger(lines) });
    await store.close();
    const answer = await ask(method, path, method === "POST" ? { key: "k", value: secret } : undefined);
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ statusCode: 500, error: "Internal Server Error", message });
    expect(lines).toEqual([
      `a request of Butler's API failed {"method":"${method}","reason":"the store is closed: open it again"}`,
    ]);
  });

  it("is used again when it is back: a NATS server that was away", async () => {
    await using server = await startServer("current");
    await server.stop();
    const store = await openStore(server.url, { waitForServer: true });
    onTestFinished(() => store.close());
    const lines: string[] = [];
    const { post, get, clock } = await startOn(store, { log: listLogger(lines) });
    expect((await post("ns1", { key: "k", value: secret, ttl: 60_000 })).status).toBe(500);
    await clock.advance(0);
    await server.restart();
    await store.whenBucketExists((await made(server.url)).name, AbortSignal.timeout(30_000));
    expect((await post("ns1", { key: "k", value: "v", ttl: 60_000 })).status).toBe(201);
    expect(await get("/v4/keyvalues/ns1?key=k")).toMatchObject({ status: 200, body: { value: "v" } });
    expect(lines.join()).not.toContain(secret);
  });

  async function made(url: string) {
    await using store = await openStore(url);
    return await store.createBucket("BACK");
  }
});

describe.each(places)("what is thrown away on $name", (place) => {
  const start = eachTime(place);

  it("is nothing that anybody can still see", async () => {
    const { post, get, clock } = await start();
    await post("ns1", { key: "short", value: "v", ttl: 1500 });
    await post("ns1", { key: "long", value: "v", ttl: 100_000 });
    await post("ns1", { key: "ever", value: "v" });
    for (const [atMs, keys] of [
      [1400, ["short", "long", "ever"]],
      [1600, ["long", "ever"]],
      [99_999, ["long", "ever"]],
      [100_001, ["ever"]],
      [200_000_000, ["ever"]],
    ] as const) {
      await clock.advance(beginning + atMs - clock.now());
      expect((await get("/v4/keylist/ns1")).body).toEqual({
        namespace: "ns1",
        keys: keys.map((key) => ({ key })),
      });
    }
  });

  it("no timer is left when the server is closed", async () => {
    const { post, clock, close } = await start();
    await post("ns1", { key: "k", value: "v", ttl: 1500 });
    expect(clock.armed).toBe(1);
    await close();
    expect(clock.armed).toBe(0);
  });
});

const beginning = Date.UTC(2026, 0, 2, 15, 4, 5);
