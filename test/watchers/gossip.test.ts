import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket, Store } from "../../src/kv/store.ts";
import { gossip } from "../../watchers/gossip.ts";
import { elapse } from "../kv/fixtures/elapse.ts";
import { startServer } from "../setup/nats-server.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { accepts, faultsOf, PlayedWatcher } from "./harness.ts";

const service = { cluster: "lon", service: "shop", protocol: "http", ip: "192.168.1.1", port: 8080 };
const key = "lon.http.shop.instance-1";
const value =
  '{"cluster":"lon","service":"shop","protocol":"http","address":"192.168.1.1","port":8080,"priority":0}';
const unixSeconds = 1_767_366_245;

describe("gossip: properties", () => {
  it("C80: needs subject and payload, or a registration that is whole", () => {
    for (const properties of [
      { subject: "foo.bar", payload: "pay.load" },
      { subject: "a.{{ lookup 'facts.x' 'y' }}".replaceAll("'", '"'), payload: "{{ lookup `data.x` `y` }}" },
      { registration: service },
      { registration: service, subject: "", payload: "", ttl_seconds: 60 },
      { registration: { ...service, priority: 1, annotations: { test: "annotation" }, prefix: "$KV.OTHER" } },
      { registration: { ...service, ip: "2001:db8::1", prefix: "my.services" } },
      { registration: { ...service, prefix: "" } },
    ]) {
      expect(accepts(gossip, properties), JSON.stringify(properties)).toBe(true);
      expect(faultsOf(gossip, properties), JSON.stringify(properties)).toEqual([]);
    }
    for (const [name, found] of [
      ["cluster", "1on"],
      ["cluster", ""],
      ["service", "a.b"],
      ["service", undefined],
      ["protocol", "*"],
      ["ip", ""],
      ["port", 0],
      ["port", 65_536],
      ["port", undefined],
      ["priority", -1],
      ["adress", "x"],
    ] as const) {
      const registration: Record<string, unknown> = { ...service, [name]: found };
      if (found === undefined) delete registration[name];
      expect(accepts(gossip, { registration }), `${name} ${found}`).toBe(false);
    }
    expect(accepts(gossip, { subject: "a", payload: "b", ttl_seconds: -1 })).toBe(false);
    expect(accepts(gossip, { subject: "a", payload: "b", ttl: 1 })).toBe(false);
  });

  it.each<[string, unknown, string[], string]>([
    ["nothing", undefined, [], "there is nothing to say: write a subject and a payload, or a registration"],
    ["no payload", { subject: "a" }, ["subject"], "a subject needs a payload to be said there; write one"],
    ["no subject", { payload: "a" }, ["payload"], "a payload needs a subject to be said on; write one"],
    [
      "both",
      { registration: service, payload: "a" },
      ["payload"],
      "a registration has a payload of its own; remove one of the two",
    ],
    [
      "a subject that is none",
      { subject: "a..b", payload: "a" },
      ["subject"],
      '"a..b" is no subject: expected tokens joined by dots, without space, * and >',
    ],
    [
      "an address that is none",
      { registration: { ...service, ip: "192.168.1.256" } },
      ["registration", "ip"],
      '"192.168.1.256" is no IP address; expected one such as "192.168.1.1" or "2001:db8::1"',
    ],
    [
      "a bucket that is none",
      { registration: { ...service, prefix: "$KV.my services" } },
      ["registration", "prefix"],
      '"my services" is no bucket name: use 1 to 252 of A-Z a-z 0-9 - _',
    ],
    [
      "a bucket of machinist itself",
      { registration: { ...service, prefix: "$KV.machinist-topics" } },
      ["registration", "prefix"],
      'bucket name "machinist-topics": names that begin with "machinist-" are reserved for machinist itself. Choose another name; machinist\'s own buckets are changed with `machinist data`, `governor` and `topics`, or by hand with `machinist kv --internal`',
    ],
    [
      "a prefix that is no subject",
      { registration: { ...service, prefix: "a.*" } },
      ["registration", "prefix"],
      '"a.*.lon.http.shop.id" is no subject: expected tokens joined by dots, without space, * and >',
    ],
  ])("refuses %s", (_name, properties, path, message) => {
    expect(faultsOf(gossip, properties)).toEqual([{ path: ["properties", ...path], message }]);
  });

  it("refuses a template that cannot be read", () => {
    const [fault, ...others] = faultsOf(gossip, { subject: "a", payload: "{{ lookup }" });
    expect(others).toEqual([]);
    expect(fault?.path).toEqual(["properties", "payload"]);
  });

  it("warns of a ttl that does nothing, of one that is too short, and of transitions that are never fired", () => {
    const path = ["properties", "ttl_seconds"];
    const ignored = "only a registration in a bucket ends by itself; ttl_seconds is ignored, remove it";
    const warning = { path, message: ignored, severity: "warning" };
    expect(faultsOf(gossip, { subject: "a", payload: "b", ttl_seconds: 5 })).toEqual([warning]);
    const elsewhere = { registration: { ...service, prefix: "a" }, ttl_seconds: 5 };
    expect(faultsOf(gossip, elsewhere)).toEqual([warning]);
    const short =
      "the registration ends after 15s, before it is renewed after 15s; write a longer ttl_seconds, or a shorter interval";
    expect(faultsOf(gossip, { registration: service, ttl_seconds: 15 })).toEqual([
      { ...warning, message: short },
    ]);
    expect(faultsOf(gossip, { registration: service, ttl_seconds: 15 }, { intervalMs: 5_000 })).toEqual([]);
    expect(faultsOf(gossip, { subject: "a", payload: "b" }, { failTransition: "go" })).toEqual([
      {
        path: ["fail_transition"],
        message: 'a gossip watcher fires nothing, so "go" will never be fired; remove it',
        severity: "warning",
      },
    ]);
  });

  it("says it at once when it becomes active, then each interval", () => {
    const properties = gossip.read({ subject: "a", payload: "b" });
    const policy = { start: "at-once", entry: "at-once" };
    expect(gossip.policy(properties, undefined)).toEqual({ ...policy, intervalMs: 15_000 });
    expect(gossip.policy(properties, 1_000)).toEqual({ ...policy, intervalMs: 1_000 });
  });
});

describe("gossip: messages", () => {
  it("C80: says what the templates are at each look, fires nothing, and tells when it last did", async () => {
    const properties = {
      subject: 'fleet.{{ lookup "facts.region" "eu" }}',
      payload: '{"at":"{{ lookup "data.step" "none" }}"}',
    };
    let region = "us";
    const played = new PlayedWatcher(gossip, properties, { facts: () => ({ region }) });
    expect(await played.look("start")).toEqual({
      outcome: "published",
      message: { subject: "fleet.us", payload: '{"at":"none"}' },
      detail: {
        previous_subject: "fleet.us",
        previous_payload: '{"at":"none"}',
        previous_gossip: unixSeconds,
      },
    });
    region = "ap";
    played.kept.data = { step: "two" };
    await played.clock.advance(15_000);
    expect(await played.look()).toEqual({
      outcome: "published",
      message: { subject: "fleet.ap", payload: '{"at":"two"}' },
      detail: {
        previous_subject: "fleet.ap",
        previous_payload: '{"at":"two"}',
        previous_gossip: unixSeconds + 15,
      },
    });
  });

  it("a look that is aborted has said nothing that failed", async () => {
    const properties = { subject: 'fleet.{{ lookup "data.name" "eu" }}', payload: "x" };
    const played = new PlayedWatcher(gossip, properties, { data: { name: "two words" } });
    await expect(played.look("start", AbortSignal.abort())).rejects.toThrow("two words");
  });

  it("a subject that cannot be is an error that says nothing and fires nothing", async () => {
    const properties = { subject: 'fleet.{{ lookup "data.name" "eu" }}', payload: "x" };
    const played = new PlayedWatcher(gossip, properties, { data: { name: "two words" } });
    expect(await played.look("start")).toEqual({
      outcome: "error",
      error:
        'subject fleet.{{ lookup "data.name" "eu" }}: "fleet.two words" is no subject: expected tokens joined by dots, without space, * and >',
      detail: { previous_subject: "", previous_payload: "", previous_gossip: 0 },
    });
  });

  it("C80: a registration whose prefix is no bucket is a message", async () => {
    const annotations = { test: "annotation" };
    const registration = { ...service, priority: 2, annotations, prefix: "my.services" };
    const { message } = await new PlayedWatcher(gossip, { registration }).look("start");
    expect(message?.subject).toBe("my.services.lon.http.shop.instance-1");
    expect(JSON.parse(message?.payload ?? "")).toEqual({
      cluster: "lon",
      service: "shop",
      protocol: "http",
      address: "192.168.1.1",
      port: 8080,
      priority: 2,
      annotations,
    });
  });
});

describe("gossip: registrations on the embedded store", () => {
  let directory: string;
  let clock: SimulatedClock;
  let store: Store;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-gossip-"));
    clock = new SimulatedClock();
    store = await openStore(directory, { clock });
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  it("C80: is kept in a bucket that is made, lives three intervals after each renewal, and ends then", async () => {
    const played = new PlayedWatcher(gossip, { registration: service }, { store, clock });
    expect(await played.look("start")).toEqual({
      outcome: "registered",
      detail: {
        previous_subject: `$KV.CHORIA_SERVICES.${key}`,
        previous_payload: value,
        previous_gossip: unixSeconds,
      },
    });
    const bucket = await store.openBucket("CHORIA_SERVICES");
    expect(await bucket.status()).toMatchObject({ history: 1, markerTtlMs: 60_000 });
    expect(await bucket.get(key)).toMatchObject({ ttlMs: 45_000 });
    await elapse(store, clock, 44_000);
    await played.look();
    await elapse(store, clock, 44_000);
    expect((await bucket.get(key))?.string()).toBe(value);
    await elapse(store, clock, 1_000);
    expect((await bucket.entry(key))?.operation).toBe("PURGE");
    await played.look();
    expect((await bucket.get(key))?.string()).toBe(value);
  });

  it("has the ttl that is written, or three of its own intervals, a second at least", async () => {
    const ttlOf = async (more: object, intervalMs: number): Promise<number | undefined> => {
      const played = new PlayedWatcher(
        gossip,
        { registration: service, ...more },
        { store, clock, intervalMs },
      );
      await played.look("start");
      return (await (await store.openBucket("CHORIA_SERVICES")).get(key))?.ttlMs;
    };
    expect(await ttlOf({ ttl_seconds: 7 }, 2_000)).toBe(7_000);
    expect(await ttlOf({}, 2_000)).toBe(6_000);
    expect(await ttlOf({}, 100)).toBe(1_000);
  });

  it("says what changed, without a moment in which the service is not there", async () => {
    await new PlayedWatcher(gossip, { registration: service }, { store, clock }).look("start");
    const bucket = await store.openBucket("CHORIA_SERVICES");
    await using watch = bucket.watch(">", { updatesOnly: true });
    await watch.next();
    await new PlayedWatcher(gossip, { registration: { ...service, port: 81 } }, { store, clock }).look(
      "start",
    );
    const seen = [(await watch.next()).value, (await watch.next()).value];
    expect(seen.map((item) => item?.operation)).toEqual(["PUT", "PUT"]);
    expect(await bucket.get(key)).toMatchObject({ ttlMs: 45_000 });
    expect((await bucket.get(key))?.json()).toMatchObject({ port: 81 });
  });

  it.each([{ markerTtlMs: 0 }, { markerTtlMs: 60_000, history: 3 }])(
    "is put each time in a bucket that cannot let it end: %o",
    async (config) => {
      const bucket = await store.createBucket("MINE", config);
      const registration = { ...service, prefix: "$KV.MINE.eu" };
      const played = new PlayedWatcher(gossip, { registration }, { store, clock });
      await played.look("start");
      const first = await bucket.get(`eu.${key}`);
      await played.look();
      const second = await bucket.get(`eu.${key}`);
      expect([first?.string(), second?.string()]).toEqual([value, value]);
      expect(second?.revision).toBe((first?.revision ?? 0) + 1);
      expect(second?.ttlMs).toBeUndefined();
    },
  );

  it("a store that refuses is an error that fires nothing; what was said before is still told", async () => {
    const played = new PlayedWatcher(gossip, { registration: service }, { store, clock });
    const { detail } = await played.look("start");
    await store.close();
    expect(await played.look()).toEqual({
      outcome: "error",
      error: `bucket CHORIA_SERVICES, key "${key}": the store is closed: open it again`,
      detail,
    });
  });
});

describe("gossip: registrations on NATS", () => {
  it("C80: the subject is as documented, and on a current server it ends by itself", async () => {
    await using server = await startServer("current");
    await using store = await openStore(server.url);
    const client = await connect({ servers: server.url });
    const subscription = client.subscribe("$KV.CHORIA_SERVICES.>", { max: 1 });
    await client.flush();
    await new PlayedWatcher(gossip, { registration: service, ttl_seconds: 1 }, { store }).look("start");
    for await (const message of subscription) {
      expect(message.subject).toBe(`$KV.CHORIA_SERVICES.${key}`);
      expect(message.string()).toBe(value);
    }
    expect(await operationsOf(await store.openBucket("CHORIA_SERVICES"), "PURGE")).toEqual(["PUT", "PURGE"]);
    await client.close();
  });

  it("on an old server it is put each time, and stays", async () => {
    await using server = await startServer("old");
    await using store = await openStore(server.url);
    const played = new PlayedWatcher(gossip, { registration: service, ttl_seconds: 1 }, { store });
    expect((await played.look("start")).error).toBeUndefined();
    expect((await played.look()).error).toBeUndefined();
    const bucket = await store.openBucket("CHORIA_SERVICES");
    expect(await bucket.get(key)).toMatchObject({ revision: 2 });
    expect((await bucket.get(key))?.string()).toBe(value);
  });
});

/** What is there and comes, until the operation. */
async function operationsOf(bucket: Bucket, last: string): Promise<string[]> {
  const operations: string[] = [];
  await using watch = bucket.watch();
  for await (const { operation } of watch) {
    if (operation !== "READY") operations.push(operation);
    if (operation === last) break;
  }
  return operations;
}
