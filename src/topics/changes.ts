/**
 * From changes of `kvs` to messages. The log of changes is the history of the kvs bucket itself, read from a durable cursor, so a
 * write and its event cannot be separated. The history keeps a number of entries of a key: a `kvs` that writes while many changes wait
 * moves them on first, daemon or not, so it never pushes one out. Other programs that write into the bucket, empty or compact it can:
 * the cursor counts what was gone before it became a message.
 */

import { isDeepStrictEqual } from "node:util";
import { nameIn } from "../kv/any-name.ts";
import { decodeEntry } from "../kv/codec.ts";
import type { Bucket, Entry } from "../kv/store.ts";
import { codeOf } from "../lib/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { itemCodec } from "./buckets.ts";
import { type Message, messageCodec, messageKey } from "./messages.ts";

export const changeTopics = ["kvs_created", "kvs_updated", "kvs_deleted"] as const;

/** Up to which revision of the kvs bucket changes have become messages, and which topics anybody wants. */
export interface Cursor {
  /** Tells one kvs bucket from another that was made after it was destroyed. */
  readonly log: string;
  readonly revision: number;
  readonly topics: readonly string[];
  /** Revisions that were gone before they were read, since topics began with this store. */
  readonly missed: number;
}

/** How far changes have become messages. */
export interface Moved {
  /** Everything up to this revision has. */
  readonly revision: number;
  /** As in `Cursor`. */
  readonly missed: number;
}

const cursorKey = "cursor";

/** Says which topics are wanted from now on. The first time it begins at the present: what is there already is no news. */
export async function wantChanges(kvs: Bucket, queue: Bucket, topics: readonly string[]): Promise<void> {
  const entry = await queue.entry(cursorKey);
  const cursor = entry ? cursorIn(entry) : undefined;
  // Who never had such a topic pays nothing for it.
  if (!cursor && topics.length === 0) return;
  const { revision: newest, created } = await kvs.status();
  const log = created.getTime().toString(36);
  const start = cursor ? 0 : newest;
  const next: Cursor = {
    log,
    revision: cursor?.log === log ? cursor.revision : start,
    topics,
    missed: cursor?.missed ?? 0,
  };
  if (isDeepStrictEqual(cursor, next)) return;
  try {
    await queue.put(cursorKey, JSON.stringify(next), { expectedRevision: entry?.revision ?? 0 });
  } catch (cause) {
    if (codeOf(cause) !== "WRONG_REVISION") throw cause;
    await wantChanges(kvs, queue, topics);
  }
}

/**
 * Called before a write that would follow `newest`: moves changes on when so many wait that the key's history might not hold them.
 * As every write of a key is conditional on the one before, none can pass between this and the write.
 */
export async function makeRoom(kvs: Bucket, queue: Bucket, newest: Entry): Promise<void> {
  const entry = await queue.get(cursorKey);
  const cursor = entry ? cursorIn(entry) : undefined;
  if (!cursor || cursor.topics.length === 0) return;
  const waiting = newest.revision - cursor.revision;
  // Others may have given the bucket a lower history.
  if (waiting > 0 && waiting >= (await kvs.status()).history / 2) await moveChanges(kvs, queue);
}

/** Makes messages of all changes after the cursor. May run in several processes at once: a change becomes one message. */
export async function moveChanges(kvs: Bucket, queue: Bucket): Promise<Moved> {
  const entry = await queue.get(cursorKey);
  const cursor = entry ? cursorIn(entry) : undefined;
  if (!entry || !cursor) return { revision: 0, missed: 0 };
  const moved = await copyChanges(kvs, queue, cursor);
  if (moved.revision <= cursor.revision) return cursor;
  try {
    await queue.update(cursorKey, JSON.stringify({ ...cursor, ...moved }), entry.revision);
  } catch (cause) {
    if (codeOf(cause) !== "WRONG_REVISION") throw cause;
    // Somebody else was faster and counts, or wants other topics: what was copied is found to be there the next time.
    return { ...moved, missed: cursor.missed };
  }
  return moved;
}

async function copyChanges(kvs: Bucket, queue: Bucket, cursor: Cursor): Promise<Moved> {
  const { log, topics } = cursor;
  let { revision, missed } = cursor;
  if (topics.length === 0) return { revision: (await kvs.status()).revision, missed };
  await using watch = kvs.watch(">", { resumeFromRevision: revision + 1 });
  for await (const item of watch) {
    if (item.operation === "READY") {
      missed += Math.max(0, item.revision - revision);
      return { revision: Math.max(item.revision, revision), missed };
    }
    // Revisions are numbered per bucket.
    missed += item.revision - revision - 1;
    revision = item.revision;
    const message = await messageOf(kvs, item);
    if (message && topics.includes(message.topic)) await addOnce(queue, `${log}-${item.revision}`, message);
  }
  return { revision: cursor.revision, missed: cursor.missed };
}

async function addOnce(queue: Bucket, id: string, message: Message): Promise<void> {
  const key = messageKey(message.topic, id);
  try {
    await queue.put(key, messageCodec.encode(message), { expectedRevision: 0 });
  } catch (cause) {
    if (codeOf(cause) !== "WRONG_REVISION") throw cause;
  }
}

/** Undefined for what is no change: a marker after a marker, or entries that no `kvs` wrote. */
async function messageOf(kvs: Bucket, entry: Entry): Promise<Message | undefined> {
  const before = valueIn(await entryBefore(kvs, entry));
  const after = valueIn(entry);
  const key = nameIn(entry.key);
  const message = (topic: string, data: JsonObject): Message => {
    return { topic, data: { key, ...data }, published: entry.created.getTime(), lane: `kvs:${entry.key}` };
  };
  if (before === undefined && after === undefined) return undefined;
  if (before === undefined) return message("kvs_created", { new_value: after ?? null });
  if (after === undefined) return message("kvs_deleted", { old_value: before });
  return message("kvs_updated", { new_value: after, old_value: before });
}

async function entryBefore(kvs: Bucket, { key, revision }: Entry): Promise<Entry | undefined> {
  let before: Entry | undefined;
  for await (const entry of kvs.history(key)) if (entry.revision < revision) before = entry;
  return before;
}

function valueIn(entry: Entry | undefined): Json | undefined {
  if (entry?.operation !== "PUT") return undefined;
  try {
    return decodeEntry(entry, itemCodec).value;
  } catch (cause) {
    if (codeOf(cause) === "BAD_VALUE") return undefined;
    throw cause;
  }
}

/** Undefined when it is not readable: then it begins anew. */
function cursorIn(entry: Entry): Cursor | undefined {
  if (entry.operation !== "PUT") return undefined;
  try {
    const stored = entry.json();
    if (!isJsonObject(stored)) return undefined;
    const { log, revision, topics, missed } = stored;
    if (typeof log !== "string" || typeof revision !== "number" || !Array.isArray(topics)) return undefined;
    return {
      log,
      revision,
      topics: topics.filter((topic) => typeof topic === "string"),
      // An earlier machinist did not count.
      missed: typeof missed === "number" ? missed : 0,
    };
  } catch {
    return undefined;
  }
}
