/** The regular look at the consumers of a bucket: what it finds, and what it costs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "nats";
import { expect, it } from "vitest";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Watch } from "../../../src/kv/store.ts";
import { type Logger, silentLogger } from "../../../src/lib/logger.ts";
import { startServer } from "../../setup/nats-server.ts";
import { taken } from "../contract/harness.ts";
import { recordApiRequests } from "../fixtures/api-requests.ts";

/** Longer than a test may take: heartbeats find nothing here. */
const nats = { heartbeatMs: 3_600_000 };
/** More than the server names in one answer, and more than it allows a stream that does not say. */
const manyWatches = 1100;
const info = "STREAM.INFO.KV_B";
const names = "CONSUMER.NAMES.KV_B";

/** As another tool does it. */
async function changed(url: string, work: (jsm: JetStreamManager) => Promise<unknown>): Promise<void> {
  const connection = await connect({ servers: url });
  try {
    await work(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

async function readyWatches(bucket: Bucket, count: number): Promise<Watch[]> {
  const watches = Array.from({ length: count }, (_, index) => bucket.watch(`key${index}`));
  for (const watch of watches) expect(await taken(watch, 1)).toEqual(["READY"]);
  return watches;
}

it("many watches of a bucket: are looked at together, with three requests each time", async () => {
  await using server = await startServer("current");
  await using requests = await recordApiRequests(server.url);
  await using store = await openStore(server.url, { nats });
  await changed(server.url, ({ streams }) =>
    streams.add({ name: "KV_B", subjects: ["$KV.B.>"], max_msgs_per_subject: 1, max_consumers: 2000 }),
  );
  const bucket = await store.openBucket("B");
  const watches = await readyWatches(bucket, manyWatches);
  await requests.next(info, 1);
  expect(await requests.next(info, 2)).toEqual([names, names, info, names, names, info]);
  await bucket.put(`key${manyWatches - 1}`, "1");
  expect(await taken(watches.at(-1) as Watch, 1)).toEqual([`PUT:key${manyWatches - 1}=1@1/0`]);
});

it("watch: goes on at the next look when its consumer is gone", async () => {
  await using server = await startServer("current");
  await using store = await openStore(server.url, { nats });
  const bucket = await store.createBucket("B", { history: 5 });
  const [watch] = await readyWatches(bucket, 1);
  await changed(server.url, async ({ consumers }) => {
    for await (const { name } of consumers.list("KV_B")) await consumers.delete("KV_B", name);
  });
  await bucket.put("key0", "1");
  await bucket.put("key0", "2");
  expect(await taken(watch as Watch, 2)).toEqual(["PUT:key0=1@1/0", "PUT:key0=2@2/0"]);
});

it("watch: keeps its consumer when the user may not ask for the names of consumers", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-nats-"));
  const file = join(directory, "server.conf");
  await writeFile(
    file,
    `jetstream: {}\nauthorization { users = [
      { user: all, password: all }
      { user: some, password: some, permissions: { publish: { deny: "$JS.API.CONSUMER.NAMES.>" } } }
    ] }\n`,
  );
  await using server = await startServer("current", ["-c", file]);
  const urlOf = (user: string) => server.url.replace("//", `//${user}:${user}@`);
  await using requests = await recordApiRequests(urlOf("all"));
  const warnings: string[] = [];
  const log: Logger = { ...silentLogger, warn: (text) => void warnings.push(text) };
  await using store = await openStore(urlOf("some"), { nats, log });
  await readyWatches(await store.createBucket("B"), 1);
  await requests.next(info, 1);
  expect(await requests.next(info, 3)).toEqual([info, info, info]);
  // The first look asked, and was refused.
  expect(warnings).toEqual(["NATS reports an error"]);
  await rm(directory, { recursive: true });
});
