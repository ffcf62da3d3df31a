/** Buckets whose streams another NATS tool made or changed: their limits as they are, and read-only ones. */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import { Shell } from "../cli/shell.ts";
import { type RunningServer, startServer } from "../setup/nats-server.ts";
import { codeFrom, historyOf, listed, taken } from "./contract/harness.ts";

let server: RunningServer;
let store: Store;
let connection: NatsConnection;
let streams: JetStreamManager["streams"];

beforeAll(async () => {
  server = await startServer("current");
  store = await openStore(server.url);
  connection = await connect({ servers: server.url });
  streams = (await jetstreamManager(connection)).streams;
});

afterAll(async () => {
  await connection.close();
  await store.close();
  await server[Symbol.asyncDispose]();
});

describe("the value limit that another tool changed", () => {
  it.each<[string, number, number]>([
    ["raised", 5000, 5000],
    ["lowered", 600, 600],
    ["removed", -1, -1],
    ["set to what it was", 2024, 1000],
  ])("counts when it was %s", async (_how, changedTo, expected) => {
    const bucket = await store.createBucket("LIMITED", { maxValueSize: 1000, metadata: { owner: "ops" } });
    expect((await bucket.status()).maxValueSize).toBe(1000);
    await streams.update("KV_LIMITED", { max_msg_size: changedTo });
    expect(await bucket.status()).toMatchObject({ maxValueSize: expected, metadata: { owner: "ops" } });
    const larger = "x".repeat(4000);
    const isAllowed = expected === -1 || expected >= larger.length;
    if (isAllowed) await bucket.put("k", larger);
    else expect(await codeFrom(() => bucket.put("k", larger))).toBe("VALUE_TOO_LARGE");
    expect(await store.editBucket("LIMITED", { maxValueSize: 2000 })).toMatchObject({ maxValueSize: 2000 });
    await store.destroyBucket("LIMITED");
  });
});

describe("a bucket without subjects, which only its sources fill", () => {
  beforeAll(async () => {
    for (const name of ["ONE", "TWO"]) await (await store.createBucket(name)).put(name, "value");
    await streams.add({
      name: "KV_ALL",
      max_msgs_per_subject: 5,
      sources: ["ONE", "TWO"].map((name) => ({
        name: `KV_${name}`,
        subject_transforms: [{ src: `$KV.${name}.>`, dest: "$KV.ALL.>" }],
      })),
    });
    await using watch = (await store.openBucket("ALL")).watch("*");
    const seen: string[] = [];
    while (seen.length < 3) seen.push(...(await taken(watch, 1)));
  });

  it("is listed, described and readable in every way", async () => {
    expect((await store.listBuckets()).map(({ bucket }) => bucket)).toEqual(["ALL", "ONE", "TWO"]);
    const bucket = await store.openBucket("ALL");
    expect(await bucket.status()).toMatchObject({ isReadOnly: true, history: 5, values: 2 });
    await using shell = await Shell.create();
    const info = await shell.run("kv", "info", "ALL", "--store", server.url);
    expect(info.stdout).toMatch(/Read-Only: it has only what its sources have/);
    expect(await listed(bucket.keys())).toEqual(["ONE", "TWO"]);
    expect((await bucket.get("ONE"))?.string()).toBe("value");
    expect(await historyOf(bucket)).toHaveLength(2);
  });

  it("refuses every write with UNSUPPORTED, and says where to write instead", async () => {
    const bucket = await store.openBucket("ALL");
    const writes: (() => Promise<unknown>)[] = [
      () => bucket.put("k", "v"),
      () => bucket.create("k", "v"),
      () => bucket.update("ONE", "v", 1),
      () => bucket.delete("ONE"),
      () => bucket.delete("*"),
      () => bucket.delete("none.*"),
      () => bucket.touch("none", 1000),
      () => bucket.purge("ONE"),
      () => bucket.revert("ONE", 99),
      () => bucket.empty(),
      () => bucket.purgeDeletes(0),
    ];
    for (const write of writes) expect(await codeFrom(write)).toBe("UNSUPPORTED");
    await expect(bucket.put("k", "v")).rejects.toThrow(
      "bucket ALL is read-only: it has no subjects of its own and takes its entries from ONE, TWO. Write there instead",
    );
    expect(await listed(bucket.keys())).toEqual(["ONE", "TWO"]);
  });
});
