/** From the log of changes to messages: nothing lost, nothing twice. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket } from "../../src/kv/store.ts";
import { openKvsBucket, openQueueBucket } from "../../src/topics/buckets.ts";
import { changeTopics, moveChanges, wantChanges } from "../../src/topics/changes.ts";
import { openKvs } from "../../src/topics/kvs.ts";
import { listMessages, removeMessage } from "../../src/topics/messages.ts";

async function log(topics: readonly string[] = changeTopics) {
  const directory = await mkdtemp(join(tmpdir(), "machinist-changes-"));
  const store = await openStore(`lmdb:${directory}`);
  onTestFinished(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });
  const bucket = await openKvsBucket(store);
  const queue = await openQueueBucket(store);
  await wantChanges(bucket, queue, topics);
  const move = () => moveChanges(bucket, queue);
  const moved = async () => (await listMessages(queue)).map(({ message }) => message.data);
  return { store, bucket, queue, kvs: openKvs(store), topics, move, moved };
}

it("no change is pushed out of the history, however often a key is written while nobody reads", async () => {
  const { kvs, move, moved } = await log();
  for (let count = 0; count < 130; count++) await kvs.set("k", count);
  await move();
  const data = (await moved()) as { new_value: number; old_value?: number }[];
  expect(data.toSorted((left, right) => left.new_value - right.new_value)).toEqual(
    Array.from({ length: 130 }, (_, at) => ({
      key: "k",
      new_value: at,
      ...(at > 0 && { old_value: at - 1 }),
    })),
  );
});

it("nor when many write it at once", async () => {
  const { kvs, move, moved } = await log();
  await Promise.all(Array.from({ length: 70 }, (_, at) => kvs.set("k", at)));
  await move();
  const values = (await moved()).map((data) => (data as { new_value: number }).new_value);
  expect(values.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 70 }, (_, at) => at));
});

it("a change becomes one message when several move it, and none when it is done already", async () => {
  const { bucket, queue, kvs, move, moved, topics } = await log();
  const before = await queue.get("cursor");
  await kvs.set("k", 1);
  await Promise.all([move(), move(), move()]);
  expect(await moved()).toEqual([{ key: "k", new_value: 1 }]);
  for (const { id } of await listMessages(queue)) await removeMessage(queue, `message.${id}`);
  // As after a crash between the message and the cursor.
  await queue.put("cursor", before?.value ?? "");
  await move();
  expect(await moved()).toEqual([]);
  await wantChanges(bucket, queue, topics);
  expect((await queue.get("cursor"))?.json()).toMatchObject({ revision: 1, topics });
});

it("only topics that are wanted get messages, from the moment on in which they are", async () => {
  const { bucket, queue, kvs, move, moved } = await log(["kvs_deleted"]);
  await kvs.set("k", 1);
  await kvs.delete("k");
  await move();
  await wantChanges(bucket, queue, ["kvs_created"]);
  await kvs.set("k", 2);
  await kvs.delete("k");
  await move();
  expect((await moved()).toSorted((left) => ("old_value" in (left as object) ? -1 : 1))).toEqual([
    { key: "k", old_value: 1 },
    { key: "k", new_value: 2 },
  ]);
});

it("a bucket with a lower history loses no change either", async () => {
  const { store, kvs, move, moved } = await log();
  await store.editBucket("less", { history: 2 });
  for (let count = 0; count < 20; count++) await kvs.set("k", count);
  expect(await move()).toEqual({ revision: 20, missed: 0 });
  expect(await moved()).toHaveLength(20);
});

it.each<[string, number, (bucket: Bucket) => Promise<unknown>]>([
  [
    "pushes out of the history",
    3,
    async (bucket) => {
      for (let count = 0; count < 64; count++) await bucket.put("k", "no value of kvs");
    },
  ],
  ["removes", 3, (bucket) => bucket.empty()],
  [
    "removes before another write",
    3,
    async (bucket) => {
      await bucket.empty();
      await bucket.put("k", "no value of kvs");
    },
  ],
])("counts what another program %s before it became a message", async (_how, missed, work) => {
  const { bucket, queue, kvs, move } = await log();
  await kvs.set("k", 0);
  await move();
  for (const value of [1, 2, 3]) await kvs.set("k", value);
  await work(bucket);
  expect(await move()).toMatchObject({ missed });
  await kvs.set("k", 4);
  expect(await move()).toMatchObject({ missed });
  await wantChanges(bucket, queue, ["kvs_created"]);
  expect(await move()).toMatchObject({ missed });
});

it("what others put into the bucket is no change, and no obstacle", async () => {
  const { bucket, kvs, move, moved } = await log();
  await bucket.put("k", "no value of kvs");
  await expect(kvs.get("k")).rejects.toThrow(
    "key k of bucket less at revision 1 is not a value of kvs: put another value, or read it as bytes",
  );
  await kvs.set("k", 1);
  await move();
  expect(await moved()).toEqual([{ key: "k", new_value: 1 }]);
});

it("a bucket that was destroyed is read from its new beginning", async () => {
  const { store, bucket, queue, kvs, move, moved, topics } = await log();
  for (let count = 0; count < 3; count++) await kvs.set("k", count);
  await move();
  for (const { id } of await listMessages(queue)) await removeMessage(queue, `message.${id}`);
  await store.destroyBucket(bucket.name);
  await kvs.set("k", "new");
  await wantChanges(await openKvsBucket(store), queue, topics);
  await moveChanges(await openKvsBucket(store), queue);
  expect((await queue.get("cursor"))?.json()).toMatchObject({ revision: 1, topics });
  expect(await moved()).toEqual([{ key: "k", new_value: "new" }]);
});
