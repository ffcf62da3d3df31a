/** Plain messages beside the buckets, with the client that everybody has at the other end. */
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, headers, type NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Message, Messages } from "../../src/kv/messages.ts";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import { type Logger, silentLogger } from "../../src/lib/logger.ts";
import { kinds, type RunningServer, startServer } from "../setup/nats-server.ts";
import { codeFrom } from "./contract/harness.ts";

const never = new AbortController().signal;

describe.each(kinds)("on the %s nats-server", (kind) => {
  let server: RunningServer;
  let store: Store;
  let client: NatsConnection;

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

  it("what is published is what a plain client gets, headers included", async () => {
    const subscription = client.subscribe("to.them.>");
    await client.flush();
    messagesOf(store).publish({
      subject: "to.them.now",
      data: new Uint8Array([0, 1, 255]),
      headers: new Map([["Content-Type", "text/plain"]]),
    });
    messagesOf(store).publish(message("to.them.bare", "ü"));
    const [first, second] = await take(subscription[Symbol.asyncIterator](), 2);
    expect(first?.subject).toBe("to.them.now");
    expect([...(first?.data ?? [])]).toEqual([0, 1, 255]);
    expect(first?.headers?.get("Content-Type")).toBe("text/plain");
    expect([second?.string(), second?.headers]).toEqual(["ü", undefined]);
    subscription.unsubscribe();
  });

  it("what a plain client publishes from the call on is what is heard, headers included", async () => {
    client.publish("to.us.early", "not heard");
    await client.flush();
    const heard = messagesOf(store).subscribe("to.us.*", never);
    await store.listBuckets();
    const sent = headers();
    sent.append("Trace", "a");
    sent.append("Trace", "b");
    client.publish("to.us.now", "hello", { headers: sent });
    client.publish("to.us", "not heard");
    client.publish("to.us.late");
    const iterator = heard[Symbol.asyncIterator]();
    expect((await take(iterator, 2)).map(shown)).toEqual([
      ["to.us.now", "hello", { Trace: "a, b" }],
      ["to.us.late", "", {}],
    ]);
    await iterator.return?.();
  });

  it("a subscription ends with its signal, and what came before and was not read is not given any more", async () => {
    const stop = new AbortController();
    const iterator = messagesOf(store).subscribe("ends", stop.signal)[Symbol.asyncIterator]();
    const waiting = iterator.next();
    stop.abort();
    expect((await waiting).done).toBe(true);
    const unread = new AbortController();
    const late = messagesOf(store).subscribe("ends", unread.signal);
    messagesOf(store).publish(message("ends", "unread"));
    await store.listBuckets();
    unread.abort();
    expect(await collected(late)).toEqual([]);
    expect(await collected(messagesOf(store).subscribe("ends", stop.signal))).toEqual([]);
  });

  it("a store that closes ends its subscriptions, drops what is published and takes no new ones", async () => {
    const closing = await openStore(server.url);
    const waiting = collected(messagesOf(closing).subscribe("closes", never));
    await closing.close();
    expect(await waiting).toEqual([]);
    messagesOf(closing).publish(message("closes", "dropped"));
    expect(await codeFrom(async () => messagesOf(closing).subscribe("closes", never))).toBe("STORE_CLOSED");
  });

  it("no such subject, a header that is none, more than the server takes: refused with the reason", async () => {
    const messages = messagesOf(store);
    for (const subject of ["", "a b", "a..b", "a.", "a.*", "a.>", "a\n"]) {
      expect(() => messages.publish(message(subject, ""))).toThrow(
        `${JSON.stringify(subject)} is no subject: expected tokens joined by dots, without space, * and >`,
      );
    }
    for (const subject of ["", "a b", "a..b", "a*", "a.>.b", ">."]) {
      expect(() => messages.subscribe(subject, never)).toThrow(
        `${JSON.stringify(subject)} is no subject: expected tokens joined by dots, without space; a whole token may be *, and the last one >`,
      );
    }
    expect(() => messages.publish({ ...message("a", ""), headers: new Map([["a:b", "c"]]) })).toThrow(
      /^the header "a:b" cannot be sent: /,
    );
    const large = { ...message("a", ""), data: new Uint8Array(1_048_577) };
    expect(await codeFrom(async () => messages.publish(large))).toBe("VALUE_TOO_LARGE");
  });

  it("goes on after a lost connection, and drops what is published meanwhile", async () => {
    await using own = await startServer(kind);
    const told = new Told();
    await using cut = await openStore(own.url, { log: told.log });
    const iterator = messagesOf(cut).subscribe("again", never)[Symbol.asyncIterator]();
    await own.stop();
    await told.until("the connection to NATS is lost: trying again until it is back");
    messagesOf(cut).publish(message("again", "dropped"));
    await own.restart();
    await told.until("connected to NATS again");
    messagesOf(cut).publish(message("again", "mine"));
    const other = await connect({ servers: own.url });
    await cut.listBuckets();
    other.publish("again", "theirs");
    expect((await take(iterator, 2)).map((one) => shown(one)[1])).toEqual(["mine", "theirs"]);
    await other.close();
  });

  it("a subject that the user may not hear is an error of the iterator, one to say nothing on is logged", async () => {
    const directory = await mkdtemp(join(tmpdir(), "machinist-nats-"));
    const file = join(directory, "server.conf");
    const permissions = 'subscribe: { deny: "secret" }, publish: { deny: "mute" }';
    const user = `{ user: me, password: me, permissions: { ${permissions} } }`;
    await writeFile(file, `jetstream: {}\nauthorization { users = [ ${user} ] }\n`);
    await using own = await startServer(kind, ["-c", file]);
    const url = new URL(own.url);
    url.username = "me";
    url.password = "me";
    const told = new Told();
    await using refused = await openStore(url.href, { log: told.log });
    await expect(collected(messagesOf(refused).subscribe("secret", never))).rejects.toMatchObject({
      code: "FAILED",
      message: expect.stringMatching(/^listening on secret: the NATS user may not do this: .*secret/),
    });
    messagesOf(refused).publish(message("mute", "never said"));
    await told.until("NATS reports an error", "mute");
    expect(await refused.listBuckets()).toEqual([]);
    await rm(directory, { recursive: true });
  });
});

describe("a store whose server is still away", () => {
  it("drops what is published; who listens hears what comes once the server is there", async () => {
    await using server = await startServer("current");
    await server.stop();
    const told = new Told();
    await using store = await openStore(server.url, { waitForServer: true, log: told.log });
    const messages = messagesOf(store);
    messages.publish(message("a", "dropped"));
    expect(() => messages.publish(message("a b", ""))).toThrow(/is no subject/);
    const stop = new AbortController();
    const given = collected(messages.subscribe("a", stop.signal));
    stop.abort();
    expect(await given).toEqual([]);
    const iterator = messages.subscribe("a", never)[Symbol.asyncIterator]();
    await server.restart();
    await told.until("the store is there");
    await store.listBuckets();
    messages.publish(message("a", "heard"));
    expect((await take(iterator, 1)).map(shown)).toEqual([["a", "heard", {}]]);
    const later = messages.subscribe("b", never)[Symbol.asyncIterator]();
    messages.publish(message("b", "at once"));
    expect((await take(later, 1)).map(shown)).toEqual([["b", "at once", {}]]);
  });

  it("ends its subscriptions when it closes", async () => {
    const store = await openStore("nats://127.0.0.1:1", { waitForServer: true });
    const waiting = collected(messagesOf(store).subscribe("a", never));
    await store.close();
    expect(await waiting).toEqual([]);
    expect(await codeFrom(async () => messagesOf(store).subscribe("a", never))).toBe("STORE_CLOSED");
  });
});

it("the embedded store is no message server", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-lmdb-"));
  const store = await openStore(directory);
  expect(store.messages).toBeUndefined();
  await store.close();
  await rm(directory, { recursive: true });
});

function messagesOf({ messages }: Store): Messages {
  if (!messages) throw new Error("the store is no message server");
  return messages;
}

function message(subject: string, text: string): Message {
  return { subject, data: new TextEncoder().encode(text), headers: new Map() };
}

function shown({ subject, data, headers }: Message): [string, string, Record<string, string>] {
  return [subject, new TextDecoder().decode(data), Object.fromEntries(headers)];
}

async function take<T>(iterator: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = await iterator.next();
    if (done) throw new Error("it ended");
    taken.push(value);
  }
  return taken;
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What a log was told, to be waited for. */
class Told {
  readonly #lines: string[] = [];
  readonly #told = new EventEmitter();
  readonly log: Logger;

  constructor() {
    const tell = (text: string, fields = {}): void => {
      this.#lines.push(`${text} ${JSON.stringify(fields)}`);
      this.#told.emit("line");
    };
    const log: Logger = { ...silentLogger, info: tell, warn: tell, with: () => log };
    this.log = log;
  }

  /** A line with all the words in it. */
  async until(...words: string[]): Promise<void> {
    while (!this.#lines.some((line) => words.every((word) => line.includes(word))))
      await once(this.#told, "line");
  }
}
