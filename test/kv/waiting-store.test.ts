/** A store that was opened while its server was away. */
import { expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { startServer } from "../setup/nats-server.ts";
import { codeFrom } from "./contract/harness.ts";

it("refuses what is asked, waits for buckets, and becomes the store when the server comes", async () => {
  await using server = await startServer("current");
  await server.stop();
  await using store = await openStore(server.url, { waitForServer: true });
  await expect(store.openBucket("B")).rejects.toMatchObject({
    code: "FAILED",
    message: expect.stringMatching(/the store is not there yet, trying again: cannot connect .* refused/),
  });
  expect(await codeFrom(() => store.openBucket("a b"))).toBe("INVALID_BUCKET");
  const stop = new AbortController();
  const given = store.whenBucketExists("B", stop.signal);
  stop.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  const there = store.whenBucketExists("B", new AbortController().signal);
  await server.restart();
  await using direct = await openStore(server.url);
  await direct.createBucket("B");
  await there;
  expect(await (await store.openBucket("B")).put("a", "1")).toBe(1);
});

it("waits for JetStream to be switched on", async () => {
  await using server = await startServer("current", []);
  await using store = await openStore(server.url, { waitForServer: true });
  await expect(store.listBuckets()).rejects.toThrow(/has no JetStream for this user: start it with -js/);
});

it("closes while the server is away, and does not wait for what cannot be right", async () => {
  const store = await openStore("nats://127.0.0.1:1", { waitForServer: true });
  const waiting = codeFrom(() => store.whenBucketExists("B", new AbortController().signal));
  await store.close();
  expect(await waiting).toBe("STORE_CLOSED");
  expect(await codeFrom(() => store.openBucket("B"))).toBe("STORE_CLOSED");
  expect(await codeFrom(() => openStore("nats://", { waitForServer: true }))).toBe("INVALID_ARGUMENT");
});
