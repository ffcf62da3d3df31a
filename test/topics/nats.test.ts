/** The same on NATS: changes there are entries of a stream. */
import { expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import { openKvsBucket, openQueueBucket } from "../../src/topics/buckets.ts";
import { changeTopics, moveChanges, wantChanges } from "../../src/topics/changes.ts";
import { openKvs } from "../../src/topics/kvs.ts";
import { listMessages, removeMessage } from "../../src/topics/messages.ts";
import { kinds, startServer } from "../setup/nats-server.ts";

it.each(kinds)("changes become messages on a NATS server too: %s", async (kind) => {
  await using server = await startServer(kind);
  await using store = await openStore(server.url);
  const [kvs, queue] = [openKvs(store), await openQueueBucket(store)];
  const bucket = await openKvsBucket(store);
  await wantChanges(bucket, queue, changeTopics);
  for (let count = 0; count < 70; count++) await kvs.set("a b", count);
  await kvs.delete("a b");
  await moveChanges(bucket, queue);
  const messages = await listMessages(queue);
  expect(messages.map(({ message }) => message.data)).toContainEqual({ key: "a b", old_value: 69 });
  expect(messages).toHaveLength(71);
  for (const { id } of messages) await removeMessage(queue, `message.${id}`);
  await moveChanges(bucket, queue);
  expect(await listMessages(queue)).toEqual([]);
});
