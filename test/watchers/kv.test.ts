import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bucket } from "../../src/kv/store.ts";
import { kv } from "../../watchers/kv.ts";
import { accepts, faultsOf, PlayedWatcher, type Surroundings } from "./harness.ts";
import { openTemporaryStore, type TemporaryStore } from "./kv/store.ts";

const one = { bucket: "B", key: "k" };
const changed = { outcome: "changed", fire: "success" };
const failed = { outcome: "error", fire: "fail" };

describe("kv: properties", () => {
  it("accepts the documented examples", () => {
    for (const properties of [
      { bucket: "DEPLOY", key: "release", mode: "watch" },
      { bucket: "DEPLOY", key: "release" },
      { bucket: "B", mode: "watch" },
      { bucket: "B", mode: "watch", deliver: "every", delete_transition: "gone" },
      { bucket: "B", key: 'host.{{ lookup "facts.fqdn" "x" }}', store_key: "host", bucket_prefix: false },
      { bucket: "B", key: "host.*" },
      { bucket: "B", key: ">" },
      { bucket: "B", key: "k", query: "spec.version", on_successful_get: true, on_matching_update: true },
      { bucket: "B", key: "k", hiera_config: false, republish_trigger: "" },
      { ...one, republish_trigger: 'copies.{{ lookup "data.x" "a b" }}.>', keep_on_outage: true },
      { ...one, republish_trigger: "copies.$KV.B.>", deliver: "every" },
      { bucket: "B", key: "host.*", hiera_config: true, query: "packages", deliver: "every" },
    ]) {
      expect(accepts(kv, properties), JSON.stringify(properties)).toBe(true);
      expect(faultsOf(kv, properties), JSON.stringify(properties)).toEqual([]);
    }
  });

  it("C61: refuses an unknown mode, no bucket, bad bucket names and unknown keys", () => {
    for (const properties of [
      { key: "k" },
      { bucket: "B", key: "k", mode: "push" },
      { bucket: "B", key: "k", deliver: "all" },
      { bucket: "B.x", key: "k" },
      { bucket: "", key: "k" },
      { bucket: "B", key: "" },
      { bucket: "B", key: "k", on_succesful_get: true },
    ]) {
      expect(accepts(kv, properties), JSON.stringify(properties)).toBe(false);
    }
  });

  it.each([
    ["C61: poll without a key", { bucket: "B" }, ["properties"], "needs a `key`"],
    [
      "a bucket of machinist itself",
      { bucket: "machinist-topics", key: "k" },
      ["properties", "bucket"],
      "reserved for machinist itself",
    ],
    ["a malformed key", { bucket: "B", key: "a..b" }, ["properties", "key"], "no key"],
    ["a reserved key", { bucket: "B", key: "_kv.x" }, ["properties", "key"], "reserved"],
    ["a malformed filter", { bucket: "B", key: "a.>.b" }, ["properties", "key"], "no filter"],
    ["a wildcard within a token", { bucket: "B", key: "a*" }, ["properties", "key"], "no filter"],
    ["a broken template", { bucket: "B", key: "{{ lookup" }, ["properties", "key"], ""],
    ["a broken store_key", { bucket: "B", key: "k", store_key: "{{ x" }, ["properties", "store_key"], ""],
    ["a broken query", { bucket: "B", key: "k", query: "a|b" }, ["properties", "query"], "query"],
    [
      "store_key with a filter",
      { bucket: "B", key: "a.*", store_key: "s" },
      ["properties", "store_key"],
      "one store_key",
    ],
    [
      "hiera_config of text",
      { bucket: "B", key: "k", hiera_config: true, parse: "text" },
      ["properties", "hiera_config"],
      "with parse: text nothing is JSON",
    ],
    [
      "a subject that is none",
      { bucket: "B", key: "k", republish_trigger: "a..b" },
      ["properties", "republish_trigger"],
      '"a..b" is no subject',
    ],
    [
      "a broken republish_trigger",
      { bucket: "B", key: "k", republish_trigger: "a.{{ lookup" },
      ["properties", "republish_trigger"],
      "",
    ],
    [
      "a value where the report is",
      { bucket: "B", key: "w", bucket_prefix: false, deliver: "every" },
      ["properties", "key"],
      "rename the watcher",
    ],
    [
      "the same by store_key",
      { bucket: "B", key: "k", store_key: "w", bucket_prefix: false, deliver: "every" },
      ["properties", "store_key"],
      "rename the watcher",
    ],
  ])("%s is a fault at its place", (_name, properties, path, words) => {
    const faults = faultsOf(kv, properties);
    expect(faults.map((fault) => fault.path)).toEqual([path]);
    expect(faults[0]?.message).toContain(words);
    expect(faults[0]?.severity).toBeUndefined();
  });

  it("warns of options that say nothing with deliver: every", () => {
    const properties = { ...one, deliver: "every", on_successful_get: true, on_matching_update: true };
    expect(faultsOf(kv, properties).map(({ path, severity }) => [path.at(-1), severity])).toEqual([
      ["on_successful_get", "warning"],
      ["on_matching_update", "warning"],
    ]);
  });

  it("warns of a poll with deliver: every that comes later than a low history allows", () => {
    const every = { ...one, deliver: "every" };
    const [warning, ...others] = faultsOf(kv, every, { intervalMs: 300_000 });
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ path: ["interval"], severity: "warning" });
    expect(warning?.message).toMatch(
      /a poll each 5m, revisions are missed when .* \(history\); use mode: watch/,
    );
    expect(faultsOf(kv, every, { intervalMs: 60_000 })).toEqual([]);
    expect(faultsOf(kv, { ...every, mode: "watch" }, { intervalMs: 300_000 })).toEqual([]);
    expect(faultsOf(kv, one, { intervalMs: 300_000 })).toEqual([]);
  });

  it("warns of a trigger in mode watch", () => {
    const properties = { ...one, mode: "watch", republish_trigger: "copies.>" };
    expect(faultsOf(kv, properties)).toEqual([
      {
        path: ["properties", "republish_trigger"],
        message:
          "republish_trigger says nothing with mode: watch, which is told of each change anyway; remove it",
        severity: "warning",
      },
    ]);
  });

  it("names the transition that a deletion fires", () => {
    expect(kv.transitions?.(kv.read({ ...one, delete_transition: "gone" }))).toEqual([
      { name: "gone", path: ["properties", "delete_transition"] },
    ]);
    expect(kv.transitions?.(kv.read(one))).toEqual([]);
  });
});

describe("kv: when it looks", () => {
  const policy = (properties: object, intervalMs?: number) =>
    kv.policy(kv.read({ ...one, ...properties }), intervalMs);

  it("C65: poll without an interval looks each 10s", () => {
    expect(policy({})).toEqual({ start: "at-once", entry: "when-due", intervalMs: 10_000 });
    expect(policy({}, 2_000).intervalMs).toBe(2_000);
  });

  it("C61: watch needs no interval, and may have one", () => {
    expect(policy({ mode: "watch" })).toEqual({ start: "at-once", entry: "at-once", intervalMs: undefined });
    expect(policy({ mode: "watch" }, 60_000).intervalMs).toBe(60_000);
  });

  it("what facts make of values is looked at when they change, or at the next poll", () => {
    expect(policy({ hiera_config: true })).toEqual(policy({}));
    const watching = policy({ hiera_config: true, mode: "watch" });
    expect(watching).toEqual({ ...policy({ mode: "watch" }), onData: true });
  });

  it("a queue goes on as soon as the machine is back", () => {
    expect(policy({ deliver: "every" }).entry).toBe("at-once");
  });

  it("has seen nothing at first", () => {
    expect(kv.initialOutcome).toBe("unknown");
  });
});

describe("kv: looks", () => {
  let temporary: TemporaryStore;
  let bucket: Bucket;
  beforeAll(async () => {
    temporary = await openTemporaryStore();
  });
  afterAll(() => temporary.remove());
  beforeEach(async () => {
    await destroy("B");
    bucket = await temporary.store.createBucket("B", { history: 5 });
  });

  const destroy = (name: string): Promise<void> => temporary.store.destroyBucket(name).catch(() => undefined);
  const play = (properties: object, surroundings: Surroundings = {}): PlayedWatcher =>
    new PlayedWatcher(kv, properties, { store: temporary.store, ...surroundings });

  describe("at one key", () => {
    it("C51: stores the value under B_k at start, fires success, announces nothing", async () => {
      await bucket.put("k", "v1");
      const played = play(one);
      const observation = await played.look("start");
      expect(observation).toMatchObject({
        ...changed,
        patch: { B_k: "v1" },
        detail: { state: "changed", bucket: "B", key: "k", mode: "poll" },
      });
      expect(observation.announce).toBeUndefined();
      expect(await played.look()).toMatchObject({ outcome: "unchanged", detail: { state: "unchanged" } });
    });

    it("an unchanged key after a restart fires nothing and writes nothing", async () => {
      await bucket.put("k", '{"a":1}');
      const played = play(one);
      await played.look("start");
      played.restart();
      const observation = await played.look("resume");
      expect(observation.outcome).toBe("unchanged");
      expect(Object.keys(observation).sort()).toEqual(["detail", "outcome"]);
    });

    it("C52: a missing bucket fires fail at each look; it recovers when it is there", async () => {
      await destroy("B");
      const played = play(one);
      for (const reason of ["start", "interval"] as const) {
        const observation = await played.look(reason);
        // It was never there: the machine is earlier than its bucket. Choria knows no other word than error for that.
        expect(observation).toMatchObject({ outcome: "waiting", isWaiting: true, fire: "fail" });
        expect(observation.detail).toMatchObject({ state: "error" });
        expect(observation.error).toContain('bucket B, key "k"');
        expect(observation.announce).toBeUndefined();
      }
      const later = await temporary.store.createBucket("B");
      await later.put("k", "v");
      expect(await played.look()).toMatchObject(changed);
      expect(played.data).toEqual({ B_k: "v" });
    });

    it("C52: a bucket that is gone after something was seen in it is an error, not waited for", async () => {
      await bucket.put("k", "v1");
      const played = play(one);
      await played.look("start");
      await destroy("B");
      const observation = await played.look();
      expect(observation).toMatchObject(failed);
      expect(observation.isWaiting).toBeUndefined();
    });

    it("C52: a bucket that is destroyed and created again is read without a failing look", async () => {
      await bucket.put("k", "v1");
      const played = play(one);
      await played.look("start");
      await destroy("B");
      const again = await temporary.store.createBucket("B");
      await again.put("k", "v2");
      expect(await played.look()).toMatchObject(changed);
      expect(played.data).toEqual({ B_k: "v2" });
    });

    it.each(["delete", "purge"] as const)(
      "C53: %s after it was seen removes the item and fires success once",
      async (how) => {
        const played = play(one);
        expect((await played.look("start")).outcome).toBe("unchanged");
        await bucket.put("k", "v");
        await played.look();
        await bucket[how]("k");
        const observation = await played.look();
        expect(observation).toMatchObject(changed);
        expect(played.data).toEqual({});
        expect(await played.look()).toMatchObject({ outcome: "unchanged" });
        await bucket.put("k", "v");
        expect(await played.look()).toMatchObject(changed);
      },
    );

    it("C53: a deletion while nothing ran is seen after the restart, and fires delete_transition when there is one", async () => {
      await bucket.put("k", "v");
      const played = play({ ...one, delete_transition: "gone" });
      await played.look("start");
      await bucket.delete("k");
      played.restart();
      expect(await played.look("resume")).toMatchObject({ outcome: "changed", fire: { transition: "gone" } });
      expect(played.data).toEqual({});
    });

    it("C54: the same value put again is no change", async () => {
      await bucket.put("k", '{"a":1,"b":2}');
      const played = play(one);
      await played.look("start");
      await bucket.put("k", '{ "b": 2, "a": 1 }');
      const observation = await played.look();
      expect(observation.outcome).toBe("unchanged");
      expect(observation.fire).toBeUndefined();
    });

    it("C54: on_matching_update fires for it, also across a restart, but not at the first look", async () => {
      await bucket.put("k", "v");
      const played = play({ ...one, on_matching_update: true }, { data: { B_k: "v" } });
      expect((await played.look("start")).fire).toBeUndefined();
      await bucket.put("k", "v");
      expect(await played.look()).toMatchObject(changed);
      expect((await played.look()).outcome).toBe("unchanged");
      await bucket.put("k", "v");
      played.restart();
      expect(await played.look("resume")).toMatchObject(changed);
    });

    it("on_successful_get fires at each look that finds the key", async () => {
      const played = play({ ...one, on_successful_get: true });
      expect((await played.look("start")).fire).toBeUndefined();
      await bucket.put("k", "v");
      for (let look = 0; look < 3; look++) expect(await played.look()).toMatchObject(changed);
      await bucket.delete("k");
      expect(await played.look()).toMatchObject(changed);
      expect((await played.look()).fire).toBeUndefined();
    });

    it("C58: broken JSON in braces fires fail at each look, keeps the data, and is never quoted", async () => {
      await bucket.put("k", '{"a":1}');
      const played = play(one);
      await played.look("start");
      await bucket.put("k", "{secret}");
      for (let look = 0; look < 2; look++) {
        const observation = await played.look();
        expect(observation).toMatchObject(failed);
        expect(observation.error).not.toContain("secret");
        expect(observation).not.toHaveProperty("cursor");
      }
      expect(played.data).toEqual({ B_k: { a: 1 } });
      await bucket.put("k", '{"a":2}');
      expect(await played.look()).toMatchObject(changed);
    });

    it("C59: bucket_prefix and store_key name the item", async () => {
      await bucket.put("a.b", "v");
      const at = async (properties: object): Promise<unknown> => {
        const played = play({ bucket: "B", key: "a.b", ...properties });
        await played.look("start");
        return played.data;
      };
      expect(await at({})).toEqual({ "B_a.b": "v" });
      expect(await at({ bucket_prefix: false })).toEqual({ "a.b": "v" });
      expect(await at({ store_key: "s" })).toEqual({ B_s: "v" });
      expect(await at({ store_key: "s", bucket_prefix: false })).toEqual({ s: "v" });
    });

    it("C62: query keeps a part; without a hit it is an error", async () => {
      await bucket.put("k", '{"spec":"foo"}');
      const played = play({ ...one, query: "spec" });
      await played.look("start");
      expect(played.data).toEqual({ B_k: "foo" });
      await bucket.put("k", '{"other":"foo"}');
      expect(await played.look()).toMatchObject(failed);
    });

    it("key and store_key are rendered at each look", async () => {
      await bucket.put("host.a", "1");
      await bucket.put("host.b", "2");
      const properties = {
        bucket: "B",
        key: 'host.{{ lookup "data.host" "a" }}',
        store_key: '{{ lookup "facts.as" "x" }}',
      };
      const played = play(properties, { facts: () => ({ as: "mine" }) });
      await played.look("start");
      expect(played.data).toEqual({ B_mine: "1" });
      played.kept.data = { ...played.data, host: "b" };
      expect(await played.look()).toMatchObject(changed);
      expect(played.data).toEqual({ B_mine: "2", host: "b" });
    });

    it("a rendered key that is none, a failing template and unreadable facts are errors", async () => {
      const key = 'host.{{ lookup "data.host" "" }}';
      expect(await play({ bucket: "B", key }).look()).toMatchObject(failed);
      const facts = (): never => {
        throw new Error("facts.json is no JSON");
      };
      expect((await play({ bucket: "B", key }, { facts }).look()).error).toContain("facts.json is no JSON");
      const many = play({ bucket: "B", key: '{{ lookup "data.all" "*" }}', store_key: "s" });
      expect((await many.look()).error).toContain("one store_key");
    });

    it("a key named like what every object has is absent until it is put", async () => {
      const played = play({ bucket: "B", key: "constructor", bucket_prefix: false });
      expect((await played.look("start")).outcome).toBe("unchanged");
      await bucket.put("constructor", "v");
      expect(await played.look()).toMatchObject(changed);
      expect(Object.entries(played.data)).toEqual([["constructor", "v"]]);
    });
  });

  describe("at many keys", () => {
    const hosts = { bucket: "B", key: "host.*", delete_transition: "gone" };

    it("stores each matching key under its own name, and what was handled last under the watcher's", async () => {
      await bucket.put("host.a", '{"n":1}');
      await bucket.put("host.b", "text");
      await bucket.put("other", "v");
      const played = play(hosts);
      expect(await played.look("start")).toMatchObject(changed);
      expect(played.data).toEqual({
        "B_host.a": { n: 1 },
        "B_host.b": "text",
        w: { bucket: "B", key: "host.b", revision: 2, operation: "PUT" },
      });
      const after = await played.look();
      expect(after).toMatchObject({ outcome: "unchanged" });
      expect(after.cursor).toBeUndefined();
    });

    it("compares each key by itself", async () => {
      await bucket.put("host.a", "1");
      await bucket.put("host.b", "1");
      const played = play(hosts);
      await played.look("start");
      await bucket.put("host.b", "2");
      await bucket.put("host.a", "1");
      const observation = await played.look();
      expect(observation.patch).toEqual({
        "B_host.b": "2",
        w: { bucket: "B", key: "host.b", revision: 3, operation: "PUT" },
      });
    });

    it("reports new values first, and asks to look again at once for the deletions", async () => {
      await bucket.put("host.a", "1");
      await bucket.put("host.b", "1");
      const played = play(hosts);
      await played.look("start");
      await bucket.delete("host.a");
      await bucket.put("host.c", "1");
      const observations = await played.lookOn("hint");
      expect(observations).toMatchObject([
        { ...changed, lookAgainInMs: 0, patch: { "B_host.c": "1" } },
        { outcome: "changed", fire: { transition: "gone" } },
      ]);
      expect(played.data).toEqual({
        "B_host.b": "1",
        "B_host.c": "1",
        w: { bucket: "B", key: "host.a", revision: 3, operation: "DEL" },
      });
      expect(await played.look()).toMatchObject({ outcome: "unchanged" });
    });

    it("sees deletions and keys that vanished without a marker after a restart", async () => {
      await bucket.put("host.a", "1");
      await bucket.put("host.b", "1");
      const played = play(hosts);
      await played.look("start");
      await bucket.delete("host.a");
      await bucket.purgeDeletes();
      await bucket.purge("host.b");
      played.restart();
      expect(await played.look("resume")).toMatchObject({ outcome: "changed", fire: { transition: "gone" } });
      expect(played.data).toMatchObject({ w: { key: "host.b", operation: "PURGE" } });
      expect(Object.keys(played.data)).toEqual(["w"]);
    });

    it("the whole bucket, when no key is given", async () => {
      await bucket.put("a", "1");
      await bucket.put("b.c", "2");
      const played = play({ bucket: "B", mode: "watch" });
      await played.look("start");
      expect(played.data).toMatchObject({ B_a: "1", "B_b.c": "2" });
    });

    it("C54: on_matching_update for one of many, also across a restart", async () => {
      await bucket.put("host.a", "1");
      await bucket.put("host.b", "1");
      const played = play({ ...hosts, on_matching_update: true });
      await played.look("start");
      await bucket.put("host.a", "1");
      played.restart();
      const observation = await played.look("resume");
      expect(observation).toMatchObject(changed);
      expect(played.data).toMatchObject({ w: { key: "host.a", revision: 3 } });
      expect((await played.look()).outcome).toBe("unchanged");
    });

    it("on_successful_get fires at each look, and still tells deletions", async () => {
      await bucket.put("host.a", "1");
      await bucket.put("host.b", "1");
      const played = play({ ...hosts, on_successful_get: true });
      expect(await played.lookOn("start")).toHaveLength(1);
      expect(await played.lookOn()).toMatchObject([changed]);
      await bucket.delete("host.a");
      expect(await played.lookOn()).toMatchObject([{ fire: { transition: "gone" } }]);
      expect(await played.lookOn()).toMatchObject([changed]);
    });

    it("C58: one unreadable key does not hold up the others, and is an error by itself", async () => {
      await bucket.put("host.bad", "{secret}");
      await bucket.put("host.good", "1");
      const played = play(hosts);
      const observations = await played.lookOn("start");
      expect(observations).toMatchObject([{ ...changed, lookAgainInMs: 0 }, failed]);
      expect(observations[1]?.error).toContain('key "host.bad"');
      expect(observations[1]?.error).not.toContain("secret");
      expect(await played.look()).toMatchObject(failed);
      await bucket.put("host.bad", "{}");
      expect(await played.lookOn()).toMatchObject([changed]);
    });

    it("an item that somebody removed from the data comes back", async () => {
      await bucket.put("host.a", "1");
      const played = play(hosts);
      await played.look("start");
      played.kept.data = {};
      expect(await played.look()).toMatchObject(changed);
      expect(played.data).toMatchObject({ "B_host.a": "1" });
    });

    it("a bucket created again is not mistaken for the old one by equal revisions", async () => {
      await bucket.put("host.a", "old");
      const played = play(hosts);
      await played.look("start");
      await destroy("B");
      const again = await temporary.store.createBucket("B");
      await again.put("host.a", "new");
      expect(await played.look()).toMatchObject(changed);
      expect(played.data).toMatchObject({ "B_host.a": "new" });
    });

    it("an edited query is applied to values already seen", async () => {
      await bucket.put("host.a", '{"x":1,"y":2}');
      const before = play({ ...hosts, query: "x" });
      await before.look("start");
      const after = play({ ...hosts, query: "y" });
      Object.assign(after.kept, before.kept);
      expect(await after.look("resume")).toMatchObject(changed);
      expect(after.data).toMatchObject({ "B_host.a": 2 });
    });

    it("a narrower filter takes nothing for deleted", async () => {
      await bucket.put("host.a", "1");
      await bucket.put("other", "1");
      const before = play({ ...hosts, key: ">" });
      await before.look("start");
      const after = play(hosts);
      Object.assign(after.kept, before.kept);
      expect((await after.look("resume")).fire).toBeUndefined();
    });

    it("a key that would be stored where the report is, is an error", async () => {
      await bucket.put("w", "1");
      const played = play({ bucket: "B", key: "*", bucket_prefix: false });
      const observation = await played.look("start");
      expect(observation).toMatchObject(failed);
      expect(observation.error).toContain("rename the watcher");
      await bucket.put("x", "1");
      await played.lookOn();
      await bucket.delete("w");
      expect((await played.look()).outcome).toBe("unchanged");
    });

    it("a look that is aborted throws rather than finding everything deleted", async () => {
      await bucket.put("host.a", "1");
      const played = play(hosts);
      await played.look("start");
      const abort = new AbortController();
      abort.abort(new Error("stopping"));
      await expect(played.peek("interval", abort.signal)).rejects.toThrow("stopping");
    });
  });
});
