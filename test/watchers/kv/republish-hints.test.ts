/** republish_trigger: entries that NATS republishes are hints to look; what is kept always comes from the bucket. */
import { connect, headers, type MsgHdrs, type NatsConnection } from "nats";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Message, Messages } from "../../../src/kv/messages.ts";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Store } from "../../../src/kv/store.ts";
import { type Logger, silentLogger } from "../../../src/lib/logger.ts";
import { kv } from "../../../watchers/kv.ts";
import { kinds, type RunningServer, startServer } from "../../setup/nats-server.ts";
import { settle } from "../../simulated-clock.ts";
import { PlayedWatcher } from "../harness.ts";
import { openTemporaryStore, type TemporaryStore } from "./store.ts";

let abort: AbortController;
let warnings: string[];
beforeEach(() => {
  abort = new AbortController();
  warnings = [];
});
afterEach(() => abort.abort());

const log: Logger = {
  ...silentLogger,
  warn: (message, fields) => warnings.push(`${message} ${JSON.stringify(fields)}`),
};

function play(store: Store, properties: object = {}): PlayedWatcher {
  const all = { bucket: "B", key: "k", republish_trigger: "copies.>", ...properties };
  return new PlayedWatcher(kv, all, { store, log });
}

function hintsOf({ watcher }: PlayedWatcher): AsyncIterator<void> {
  const hints = watcher.hints?.(abort.signal);
  if (!hints) throw new Error("this watcher gives no hints");
  return hints[Symbol.asyncIterator]();
}

function isPending(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => false), settle().then(() => true)]);
}

const hinted = { done: false, value: undefined };

describe.each(kinds)("kv: republish_trigger on the %s nats-server", (kind) => {
  let server: RunningServer;
  let store: Store;
  let client: NatsConnection;
  let bucket: Bucket;
  beforeAll(async () => {
    server = await startServer(kind);
    store = await openStore(server.url);
    client = await connect({ servers: server.url });
  });
  afterAll(async () => {
    await client.close();
    await store.close();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await store.destroyBucket("B").catch(() => undefined);
    bucket = await store.createBucket("B", { republish: { destination: "copies.>" } });
  });

  /** Begins to listen, and makes sure that the server knows. */
  async function listening(
    played: PlayedWatcher,
  ): Promise<[AsyncIterator<void>, Promise<IteratorResult<void>>]> {
    const hints = hintsOf(played);
    const hint = hints.next();
    await settle();
    await store.listBuckets();
    return [hints, hint];
  }

  /** Lets everything arrive that was sent: a further message of the same connections comes behind it. */
  async function arrived(): Promise<void> {
    await client.flush();
    await store.listBuckets();
    await settle();
  }

  it("C64: a republished put is a hint: stored and success without waiting for the poll", async () => {
    const played = play(store);
    await played.look("start");
    const [, hint] = await listening(played);
    await bucket.put("k", '{"v":1}');
    expect(await hint).toEqual(hinted);
    expect(await played.look("hint")).toMatchObject({ outcome: "changed", fire: "success" });
    expect(played.data).toEqual({ B_k: { v: 1 } });
  });

  it.each(["delete", "purge"] as const)("C64: a republished %s removes the item", async (how) => {
    await bucket.put("k", "v");
    const played = play(store);
    await played.look("start");
    const [, hint] = await listening(played);
    await bucket[how]("k");
    await hint;
    expect(await played.look("hint")).toMatchObject({ outcome: "changed", fire: "success" });
    expect(played.data).toEqual({});
  });

  it("C64: what was not republished is ignored, with one warning that tells no contents", async () => {
    const played = play(store);
    await played.look("start");
    const [, hint] = await listening(played);
    const partly = headers();
    for (const name of ["Nats-Stream", "Nats-Sequence", "Nats-Time-Stamp", "Nats-Last-Sequence"]) {
      partly.set(name, "1");
    }
    client.publish("copies.k", "secret");
    client.publish("copies.k", "secret", { headers: partly });
    await arrived();
    expect(await isPending(hint)).toBe(true);
    expect(warnings).toEqual([
      'a message that was not republished came on the subject of republish_trigger and is ignored, as further ones will be {"subject":"copies.k"}',
    ]);
    await bucket.put("k", "v");
    await hint;
  });

  it("other keys are ignored, also those that end alike", async () => {
    const played = play(store, { key: "b" });
    await played.look("start");
    const [, hint] = await listening(played);
    await bucket.put("ab", "v");
    await bucket.put("b.a", "v");
    await arrived();
    expect(await isPending(hint)).toBe(true);
    await bucket.put("b", "v");
    await hint;
    expect(warnings).toEqual([]);
  });

  it("a message that lies about the value changes nothing: the bucket is what counts", async () => {
    await bucket.put("k", "true");
    const played = play(store);
    await played.look("start");
    const [, hint] = await listening(played);
    client.publish("copies.k", "forged", { headers: forged("$KV.B.k") });
    await hint;
    expect(await played.look("hint")).toMatchObject({ outcome: "unchanged" });
    expect(played.data).toEqual({ B_k: "true" });
  });

  it("keys of a filter, and a subject that was made from facts and data once", async () => {
    const played = new PlayedWatcher(
      kv,
      {
        bucket: "B",
        key: "host.*",
        republish_trigger: '{{ lookup "facts.prefix" "none" }}.{{ lookup "data.tail" "none" }}',
      },
      { store, log, facts: () => ({ prefix: "copies" }), data: { tail: ">" } },
    );
    const hints = hintsOf(played);
    const hint = hints.next();
    await played.look("start");
    played.kept.data = { ...played.data, tail: "other" };
    await arrived();
    await bucket.put("x.host", "v");
    await arrived();
    expect(await isPending(hint)).toBe(true);
    await bucket.put("host.a", "v");
    await hint;
    expect(await played.look("hint")).toMatchObject({ patch: { "B_host.a": "v" } });
  });

  it("wakes whoever takes every revision", async () => {
    const played = play(store, { deliver: "every" });
    await played.look("start");
    const [hints, first] = await listening(played);
    let hint = first;
    for (const value of ["1", "2"]) {
      await bucket.put("k", value);
      await hint;
      hint = hints.next();
      expect(await played.look("hint")).toMatchObject({ outcome: "changed", patch: { B_k: value } });
    }
  });

  it("ends with the signal", async () => {
    const [, hint] = await listening(play(store));
    abort.abort();
    expect(await hint).toEqual({ done: true, value: undefined });
  });
});

function forged(subject: string): MsgHdrs {
  const made = headers();
  made.set("Nats-Subject", subject);
  for (const name of ["Nats-Stream", "Nats-Sequence", "Nats-Time-Stamp", "Nats-Last-Sequence"]) {
    made.set(name, "1");
  }
  return made;
}

describe("kv: republish_trigger", () => {
  let temporary: TemporaryStore;
  let bucket: Bucket;
  beforeAll(async () => {
    temporary = await openTemporaryStore();
  });
  afterAll(() => temporary.remove());
  beforeEach(async () => {
    await temporary.store.destroyBucket("B").catch(() => undefined);
    bucket = await temporary.store.createBucket("B");
  });

  /** The store with messages beside it. */
  function withMessages(subscribe: Messages["subscribe"]): Store {
    const messages: Messages = { publish: () => undefined, subscribe };
    return new Proxy(temporary.store, {
      get(target, name) {
        if (name === "messages") return messages;
        const found: unknown = Reflect.get(target, name, target);
        return typeof found === "function" ? found.bind(target) : found;
      },
    });
  }

  it("C64: on the embedded engine the bucket's own changes are the hint", async () => {
    const played = play(temporary.store);
    const hints = hintsOf(played);
    const hint = hints.next();
    await played.look("start");
    await bucket.put("k", "v");
    expect(await hint).toEqual(hinted);
    expect(await played.look("hint")).toMatchObject({ outcome: "changed", patch: { B_k: "v" } });
  });

  it("an empty one is none, and needs no messages", () => {
    expect(play(temporary.store, { republish_trigger: "" }).watcher.hints).toBeUndefined();
  });

  it("in mode watch the bucket is watched instead", async () => {
    const subscribed: string[] = [];
    const store = withMessages((subject) => {
      subscribed.push(subject);
      return nothing();
    });
    const hint = hintsOf(play(store, { mode: "watch" })).next();
    await bucket.put("k", "v");
    await hint;
    expect(subscribed).toEqual([]);
  });

  it("before the first look any republished entry is a hint", async () => {
    const given = new Map(
      ["Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp", "Nats-Last-Sequence"].map(
        (name) => [name, "$KV.B.x"],
      ),
    );
    const store = withMessages(async function* () {
      yield { subject: "copies.x", data: new Uint8Array(), headers: given };
    });
    expect(await hintsOf(play(store)).next()).toEqual(hinted);
  });

  it("what cannot be heard is told once, asked for once, and the signal still ends it", async () => {
    let asked = 0;
    const store = withMessages(() => {
      asked += 1;
      return refused();
    });
    const hint = hintsOf(play(store)).next();
    expect(await isPending(hint)).toBe(true);
    expect([asked, warnings]).toEqual([
      1,
      [
        'republished entries cannot be heard; the bucket is only polled {"subject":"copies.>","reason":"you may not listen there"}',
      ],
    ]);
    abort.abort();
    expect(await hint).toEqual({ done: true, value: undefined });
  });

  it("a subject that cannot be rendered is told once, and the looks go on", async () => {
    const store = withMessages(() => nothing());
    const played = play(store, { republish_trigger: 'copies.{{ lookup "data.x" "" }}' });
    const hint = hintsOf(played).next();
    await bucket.put("k", "v");
    expect(await played.look("start")).toMatchObject({ outcome: "changed" });
    await played.look();
    expect(await isPending(hint)).toBe(true);
    expect(warnings).toEqual([
      'republish_trigger gives no subject; the bucket is only polled {"reason":"\\"copies.\\" is no subject: expected tokens joined by dots, without space; a whole token may be *, and the last one >"}',
    ]);
    abort.abort();
    expect(await hint).toEqual({ done: true, value: undefined });
  });

  it("ends with the signal while no look has rendered the subject", async () => {
    const store = withMessages(() => nothing());
    const hint = hintsOf(play(store, { republish_trigger: 'copies.{{ lookup "data.x" "" }}' })).next();
    abort.abort();
    expect(await hint).toEqual({ done: true, value: undefined });
  });
});

async function* nothing(): AsyncIterable<Message> {}

// biome-ignore lint/correctness/useYield: it fails before it could
async function* refused(): AsyncIterable<Message> {
  throw new Error("you may not listen there");
}
