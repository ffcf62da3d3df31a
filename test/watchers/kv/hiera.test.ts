/** Values that are hierarchical data: what is kept is what they come to on this host. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bucket } from "../../../src/kv/store.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { kv } from "../../../watchers/kv.ts";
import { PlayedWatcher } from "../harness.ts";
import { openTemporaryStore, type TemporaryStore } from "./store.ts";

const document = `{
  "hierarchy": { "order": ["fqdn:{{ lookup('facts.fqdn') }}"] },
  "data": { "test": "value" },
  "overrides": { "fqdn:my.example.net": { "test": "override" } }
}`;

describe("kv: hiera_config", () => {
  let temporary: TemporaryStore;
  let bucket: Bucket;
  let facts: JsonObject;
  beforeAll(async () => {
    temporary = await openTemporaryStore();
  });
  afterAll(() => temporary.remove());
  beforeEach(async () => {
    await temporary.store.destroyBucket("B").catch(() => undefined);
    bucket = await temporary.store.createBucket("B", { history: 5 });
    facts = { fqdn: "my.example.net" };
  });

  const play = (properties: object = {}): PlayedWatcher =>
    new PlayedWatcher(
      kv,
      { bucket: "B", key: "k", hiera_config: true, ...properties },
      { store: temporary.store, facts: () => facts },
    );

  it("C63: an override for the own fqdn is merged; another host gets the data as it is", async () => {
    await bucket.put("k", document);
    const mine = play();
    expect(await mine.look("start")).toMatchObject({ outcome: "changed", fire: "success" });
    expect(mine.data).toEqual({ B_k: { test: "override" } });
    facts = { fqdn: "other.example.net" };
    const other = play();
    await other.look("start");
    expect(other.data).toEqual({ B_k: { test: "value" } });
  });

  it("C63: a change is one only when the result differs", async () => {
    await bucket.put("k", document);
    const played = play();
    await played.look("start");
    await bucket.put("k", document.replace('"value"', '"another value"'));
    expect((await played.look()).outcome).toBe("unchanged");
    await bucket.put("k", document.replace('"override"', '"2"'));
    expect(await played.look()).toMatchObject({ outcome: "changed", patch: { B_k: { test: "2" } } });
  });

  it("facts that change are heeded at the next look, whole numbers survive a restart", async () => {
    await bucket.put("k", '{"data":{"cpus":"{{ lookup(\'facts.cpus\') }}","half":1.5,"none":"{{ 1 / 0 }}"}}');
    facts = { cpus: 4 };
    const played = play();
    await played.look("start");
    expect(played.data).toEqual({ B_k: { cpus: 4, half: 1.5, none: null } });
    played.restart();
    expect((await played.look("resume")).outcome).toBe("unchanged");
    facts = { cpus: 8 };
    expect(await played.look()).toMatchObject({ outcome: "changed", patch: { B_k: { cpus: 8 } } });
  });

  it("facts that change are heeded for each key of a filter", async () => {
    await bucket.put("a", document);
    await bucket.put("b", '{"data":{"v":1}}');
    const played = play({ key: "*" });
    await played.look("start");
    facts = {};
    expect((await played.look()).patch).toMatchObject({ B_a: { test: "value" } });
    expect((await played.look()).outcome).toBe("unchanged");
    await bucket.delete("a");
    await played.look();
    expect(Object.keys(played.data)).toEqual(["B_b", "w"]);
  });

  it("every revision is resolved when it is taken", async () => {
    await bucket.put("k", document);
    await bucket.put("k", '{"data":{"v":2}}');
    const played = play({ deliver: "every" });
    expect(await played.lookOn("start")).toMatchObject([
      { patch: { B_k: { test: "override" } } },
      { patch: { B_k: { v: 2 } } },
    ]);
  });

  it("query looks into the result; lists and texts stay as they are", async () => {
    await bucket.put("k", document);
    const played = play({ query: "test" });
    await played.look("start");
    expect(played.data).toEqual({ B_k: "override" });
    for (const [value, kept] of [
      ["[1,2]", [1, 2]],
      ["text {{ lookup('facts.fqdn') }}", "text {{ lookup('facts.fqdn') }}"],
    ] as const) {
      await bucket.put("k", value);
      await played.look();
      expect(played.data).toEqual({ B_k: kept });
    }
  });

  it("a document that is none, or cannot be resolved, is an error that keeps the data and quotes nothing", async () => {
    await bucket.put("k", document);
    const played = play();
    await played.look("start");
    for (const [value, reason] of [
      ['{"spec":"secret"}', "found neither data nor overrides"],
      ['{"data":"secret"}', "data is a string; expected an object"],
      ['{"data":{"a":"{{ secret }}"}}', "data.a, from character 3"],
      ['{"hierarchy":{"order":["secret"],"merge":"secret"},"data":{}}', "hierarchy.merge"],
    ] as const) {
      await bucket.put("k", value);
      const observation = await played.look();
      expect(observation).toMatchObject({ outcome: "error", fire: "fail" });
      expect(observation.error).toContain(`bucket B, key "k": ${reason}`);
      expect(observation.error).not.toContain("secret");
    }
    expect(played.data).toEqual({ B_k: { test: "override" } });
  });

  it("facts that cannot be read are an error", async () => {
    await bucket.put("k", document);
    const facts = (): never => {
      throw new Error("facts.json is no JSON");
    };
    const properties = { bucket: "B", key: "k", hiera_config: true };
    const played = new PlayedWatcher(kv, properties, { store: temporary.store, facts });
    expect(await played.look("start")).toMatchObject({
      outcome: "error",
      error: 'bucket B, key "k": facts.json is no JSON',
    });
  });

  it("what was read as plain JSON is read anew when hiera_config is turned on", async () => {
    await bucket.put("a", '{"data":{"v":1}}');
    const plain = play({ key: "*", hiera_config: false });
    await plain.look("start");
    const played = play({ key: "*" });
    Object.assign(played.kept, plain.kept);
    expect((await played.look("resume")).patch).toMatchObject({ B_a: { v: 1 } });
  });
});
