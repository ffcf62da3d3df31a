/** `topics.NAME.publish()` as Less has it. */
import type { Store } from "../kv/store.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { openQueueBucket } from "./buckets.ts";
import { checkTopicName, publishMessage } from "./messages.ts";

export interface Topic {
  /**
   * Resolves when the message, any JSON value, is on disk; the topic's handlers are called by the daemon, each at least once.
   * @throws INVALID_ARGUMENT (the topic's name; no JSON), VALUE_TOO_LARGE, store errors
   */
  publish(message: unknown): Promise<void>;
}

/** Every name is a topic. */
export type Topics = Readonly<Record<string, Topic>>;

/**
 * The topics of a store.
 * @example
 * const topics = openTopics(store);
 * await topics["user_created"]?.publish({ id: 1 });
 */
export function openTopics(store: Store, { clock = systemClock }: { clock?: Clock } = {}): Topics {
  return topicsWith(async (name, data) => {
    checkTopicName(name);
    const queue = await openQueueBucket(store);
    await publishMessage(queue, name, { data, published: clock.now() });
  });
}

/** Every property is a topic, but for `then`: what has one is taken for a promise. */
export function topicsWith(publish: (topic: string, message: unknown) => Promise<void>): Topics {
  return new Proxy<Record<string, Topic>>(Object.create(null), {
    get: (_none, name) =>
      typeof name === "string" && name !== "then"
        ? { publish: (message: unknown) => publish(name, message) }
        : undefined,
  });
}
