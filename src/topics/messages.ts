/** Messages of topics in their bucket: each stays until every subscriber has handled it, or somebody drops it. */
import { randomUUID } from "node:crypto";
import { type Codec, decodeEntry, jsonOf } from "../kv/codec.ts";
import type { Bucket } from "../kv/store.ts";
import { codeOf, MachinistError } from "../lib/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";

/** How far one subscriber is with a message that it has not handled yet. */
export interface Delivery {
  /** Calls that failed, since the last retry by a person. */
  readonly attempts: number;
  /** All calls that failed: numbers the next one. */
  readonly calls: number;
  /** When it is called again, in ms since 1970; absent before the first call. */
  readonly at?: number;
  /** What went wrong last. */
  readonly error?: string;
  /** It failed so often that it is called no more, until somebody says `retry`. */
  readonly dead?: true;
}

export interface Message {
  readonly topic: string;
  readonly data: Json;
  /** In ms since 1970. */
  readonly published: number;
  /** Messages with the same lane are first given to handlers one after the other. */
  readonly lane?: string;
  /** By subscriber; absent until somebody took it. A subscriber that has handled the message is left out. */
  readonly waiting?: Readonly<Record<string, Delivery>>;
}

/** All messages of the bucket. */
export const messageFilter = "message.>";

/** What comes out of the bucket may have been written by anybody. */
export const messageCodec: Codec<Message> = jsonOf("a message of a topic", (stored) => {
  if (!isJsonObject(stored)) throw new Error("no object");
  const { topic, data, published, lane, waiting } = stored;
  if (typeof topic !== "string" || typeof published !== "number") throw new Error("no topic, or no time");
  if (data === undefined) throw new Error("no data");
  return {
    topic,
    data,
    published,
    ...(typeof lane === "string" && { lane }),
    ...(isJsonObject(waiting) && { waiting: deliveriesIn(waiting) }),
  };
});

/** @param id no dots; unique within the topic. @returns the key of its entry */
export function messageKey(topic: string, id: string): string {
  return `message.${topic}.${id}`;
}

/** What people call a message: `user_created.41`. */
export function messageId(key: string): string {
  return key.slice(messageFilter.length - 1);
}

const nameRule = /^[A-Za-z][A-Za-z0-9_]*$/;

/** The rule for topics and subscribers. */
export function isName(name: string): boolean {
  return nameRule.test(name);
}

/** @throws INVALID_ARGUMENT with the naming rule */
export function checkTopicName(name: string): void {
  if (isName(name)) return;
  throw new MachinistError("INVALID_ARGUMENT", namingFault("topic", name));
}

export function namingFault(what: string, name: string): string {
  return `${JSON.stringify(name)} is no ${what} name: it starts with a letter and has only letters, numbers and underscores`;
}

/**
 * Resolves when the message is on disk; handlers run later.
 * @returns the message's id
 * @throws INVALID_ARGUMENT (name, or nothing that JSON can hold), VALUE_TOO_LARGE, store errors
 */
export async function publishMessage(
  queue: Bucket,
  topic: string,
  { data, published }: { data: unknown; published: number },
): Promise<string> {
  checkTopicName(topic);
  const key = messageKey(topic, randomUUID());
  await queue.put(key, messageCodec.encode({ topic, data: asJson(data), published }));
  return messageId(key);
}

function asJson(data: unknown): Json {
  const text: string | undefined = JSON.stringify(data);
  if (text !== undefined) return JSON.parse(text) as Json;
  throw new MachinistError("INVALID_ARGUMENT", `a message is JSON, and ${typeof data} is none`);
}

export interface ListedMessage {
  readonly id: string;
  readonly message: Message;
}

/** Every message that is not done, with its id, oldest first. */
export async function listMessages(queue: Bucket): Promise<readonly ListedMessage[]> {
  const found: ListedMessage[] = [];
  for await (const entry of queue.history(messageFilter)) {
    if (entry.operation === "PUT")
      found.push({ id: messageId(entry.key), message: decodeEntry(entry, messageCodec) });
  }
  return found.toSorted((left, right) => left.message.published - right.message.published);
}

/** Those that somebody has failed too often to be called again. */
export async function listDeadMessages(queue: Bucket): Promise<readonly ListedMessage[]> {
  const all = await listMessages(queue);
  return all.filter(({ message }) => Object.values(message.waiting ?? {}).some(({ dead }) => dead === true));
}

/** Has all subscribers that failed called again at once, with all attempts before them. @throws KEY_NOT_FOUND */
export async function retryMessage(queue: Bucket, id: string): Promise<void> {
  for (;;) {
    const entry = await queue.get(`message.${id}`);
    if (!entry) throw noMessage(id);
    const { waiting, ...message } = decodeEntry(entry, messageCodec);
    if (waiting === undefined) return;
    const fresh = Object.fromEntries(
      Object.entries(waiting).map(([name, { calls }]) => [name, { attempts: 0, calls }]),
    );
    try {
      await queue.update(entry.key, messageCodec.encode({ ...message, waiting: fresh }), entry.revision);
      return;
    } catch (cause) {
      if (codeOf(cause) !== "WRONG_REVISION") throw cause;
    }
  }
}

/** Nobody is given it any more. @throws KEY_NOT_FOUND */
export async function dropMessage(queue: Bucket, id: string): Promise<void> {
  const key = `message.${id}`;
  if (!(await queue.get(key))) throw noMessage(id);
  await removeMessage(queue, key);
}

/** @param revision only if this is still its newest. @throws WRONG_REVISION, store errors */
export async function removeMessage(queue: Bucket, key: string, revision?: number): Promise<void> {
  await queue.purge(key, revision === undefined ? {} : { expectedRevision: revision });
}

export function noMessage(id: string): MachinistError {
  return new MachinistError(
    "KEY_NOT_FOUND",
    `there is no message ${JSON.stringify(id)}; \`machinist topics ls\` shows which wait`,
    { details: { message: id } },
  );
}

function deliveriesIn(waiting: JsonObject): Record<string, Delivery> {
  return Object.fromEntries(Object.entries(waiting).map(([name, state]) => [name, deliveryIn(state)]));
}

function deliveryIn(state: Json): Delivery {
  const { attempts: found, calls, at, error, dead } = isJsonObject(state) ? state : {};
  const attempts = typeof found === "number" ? found : 0;
  return {
    attempts,
    // Messages of earlier versions have none.
    calls: typeof calls === "number" ? calls : attempts,
    ...(typeof at === "number" && { at }),
    ...(typeof error === "string" && { error }),
    ...(dead === true && { dead }),
  };
}
