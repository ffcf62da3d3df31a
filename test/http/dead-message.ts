/** A message that a handler has given up on, as it lies in the store. */
import type { Store } from "../../src/kv/store.ts";
import { openQueueBucket } from "../../src/topics/buckets.ts";
import { messageCodec, messageKey } from "../../src/topics/messages.ts";

/** For the subscriber `log`. */
export async function putDeadMessage(store: Store, topic: string, id: string): Promise<void> {
  const waiting = { log: { attempts: 20, calls: 20, error: "Error: not yet", dead: true } } as const;
  const message = { topic, data: { hello: id }, published: Date.UTC(2026, 0, 2), waiting };
  await (await openQueueBucket(store)).put(messageKey(topic, id), messageCodec.encode(message));
}
