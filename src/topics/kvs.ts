/** `kvs` as Less has it: any JSON value under any key, a ttl in seconds, and every change an event for the topics. */
import { storedName } from "../kv/any-name.ts";
import { decodeEntry } from "../kv/codec.ts";
import type { Bucket, Entry, Store } from "../kv/store.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { codeOf } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import { existingQueueBucket, type Item, itemCodec, openKvsBucket } from "./buckets.ts";
import { makeRoom } from "./changes.ts";

export interface Kvs {
  /**
   * Creates or overwrites. `ttl`: seconds to live, from now; left out or 0, a key that exists keeps what it has. Resolves when the
   * value and with it the event are on disk, before any handler runs.
   * @throws Error with the texts of Less when an argument is missing or of the wrong type; store errors
   * @example
   * await kvs.set("artists", [{ first_name: "Cesária", last_name: "Évora" }]);
   * await kvs.set("session", { user: 7 }, 3600);
   */
  set(key: string, value: unknown, ttl?: number): Promise<void>;
  /**
   * The value with the type that it had, or null.
   * @example
   * await kvs.set("limits", { memory: 512 });
   * await kvs.get("limits"); // => { memory: 512 }
   * await kvs.get("nobody"); // => null
   */
  get(key: string): Promise<Json>;
  /**
   * A key that is not there is no fault, and no event.
   * @example
   * await kvs.delete("artists");
   * await kvs.get("artists"); // => null
   */
  delete(key: string): Promise<void>;
}

/**
 * The `kvs` of a store: what it holds is in the bucket `less`.
 * @example
 * const kvs = openKvs(store);
 * await kvs.set("greeting", "hello");
 * await kvs.get("greeting"); // => "hello"
 */
export function openKvs(store: Store, { clock = systemClock }: { clock?: Clock } = {}): Kvs {
  return new StoredKvs(store, clock);
}

/** Removes a value whose time is over, unless it was written again. */
export async function removeExpired(store: Store, kvs: Bucket, entry: Entry): Promise<void> {
  await makeRoomIn(store, kvs, entry);
  try {
    await kvs.delete(entry.key, { expectedRevision: entry.revision });
  } catch (cause) {
    if (codeOf(cause) !== "WRONG_REVISION") throw cause;
  }
}

class StoredKvs implements Kvs {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async set(key: string, value: unknown, ttl?: number): Promise<void> {
    checkKey(key);
    const json = jsonOf(value);
    checkTtl(ttl);
    const stored = storedName(key);
    const bucket = await openKvsBucket(this.#store);
    for (;;) {
      const entry = await bucket.entry(stored);
      if (entry) await makeRoomIn(this.#store, bucket, entry);
      const before = itemIn(entry);
      if (entry && before && this.#isOver(before)) {
        // Its end is an event of its own, which the new value must not swallow.
        await removeExpired(this.#store, bucket, entry);
        continue;
      }
      const expires = ttl ? this.#clock.now() + ttl * 1000 : before?.expires;
      const item = { value: json, ...(expires !== undefined && { expires }) };
      const expectedRevision = entry?.revision ?? 0;
      if (await happened(bucket.put(stored, itemCodec.encode(item), { expectedRevision }))) return;
    }
  }

  async get(key: string): Promise<Json> {
    checkKey(key);
    const bucket = await openKvsBucket(this.#store);
    const entry = await bucket.get(storedName(key));
    if (!entry) return null;
    const item = decodeEntry(entry, itemCodec);
    return this.#isOver(item) ? null : item.value;
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    const stored = storedName(key);
    const bucket = await openKvsBucket(this.#store);
    for (;;) {
      const entry = await bucket.get(stored);
      if (!entry) return;
      await makeRoomIn(this.#store, bucket, entry);
      if (await happened(bucket.delete(stored, { expectedRevision: entry.revision }))) return;
    }
  }

  #isOver({ expires }: Item): boolean {
    return expires !== undefined && expires <= this.#clock.now();
  }
}

async function makeRoomIn(store: Store, kvs: Bucket, entry: Entry): Promise<void> {
  const queue = await existingQueueBucket(store);
  if (queue) await makeRoom(kvs, queue, entry);
}

/** False when somebody else wrote in between. */
async function happened(write: Promise<number>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (cause) {
    if (codeOf(cause) === "WRONG_REVISION") return false;
    throw cause;
  }
}

/** Undefined for markers, and for what no `kvs` wrote: it is overwritten. */
function itemIn(entry: Entry | null): Item | undefined {
  if (entry?.operation !== "PUT") return undefined;
  try {
    return decodeEntry(entry, itemCodec);
  } catch (cause) {
    if (codeOf(cause) === "BAD_VALUE") return undefined;
    throw cause;
  }
}

// The texts are those of Less, word for word.

function checkKey(key: unknown): void {
  if (!key) throw new Error('Error: The param "key" must be provided');
  if (typeof key !== "string") throw new Error('Error: The param "key" must be of type string');
}

function jsonOf(value: unknown): Json {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new Error('Error: The param "value" must be provided');
  return JSON.parse(text);
}

function checkTtl(ttl: unknown): void {
  if (ttl && !Number.isFinite(ttl)) throw new Error('Error: The param "ttl" must be of type number');
}
