import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bucket } from "../../../src/kv/store.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { type LogFields, type Logger, silentLogger } from "../../../src/lib/logger.ts";
import { kv } from "../../../watchers/kv.ts";
import { PlayedWatcher, type Surroundings } from "../harness.ts";
import { openTemporaryStore, type TemporaryStore } from "./store.ts";

let temporary: TemporaryStore;
let bucket: Bucket;
beforeAll(async () => {
  temporary = await openTemporaryStore();
});
afterAll(() => temporary.remove());
beforeEach(async () => {
  await temporary.store.destroyBucket("B").catch(() => undefined);
  bucket = await temporary.store.createBucket("B", { history: 64 });
});

const all = { bucket: "B", mode: "watch", deliver: "every", delete_transition: "gone" };
const play = (properties: object, surroundings: Surroundings = {}): PlayedWatcher =>
  new PlayedWatcher(kv, properties, { store: temporary.store, ...surroundings });

/** What the watcher keeps of the entry it handled last, as `OP:key@revision`. */
function handled(data: JsonObject): string {
  const { key, revision, operation } = data["w"] as { key: string; revision: number; operation: string };
  return `${operation}:${key}@${revision}`;
}

/** Looks until nothing is left; what was handled, in order. */
async function handleAll(played: PlayedWatcher): Promise<string[]> {
  const order: string[] = [];
  while ((await played.look("due")).outcome !== "unchanged") order.push(handled(played.data));
  return order;
}

describe("kv deliver: every", () => {
  it("takes each retained revision in order, one a look, then what comes", async () => {
    await bucket.put("a", '{"n":1}');
    await bucket.put("b", "1");
    await bucket.put("a", '{"n":2}');
    const played = play(all);
    const first = await played.look("start");
    expect(first).toMatchObject({
      outcome: "changed",
      fire: "success",
      lookAgainInMs: 0,
      patch: { B_a: { n: 1 }, w: { bucket: "B", key: "a", revision: 1, operation: "PUT" } },
    });
    expect(await handleAll(played)).toEqual(["PUT:b@2", "PUT:a@3"]);
    expect(played.data).toMatchObject({ B_a: { n: 2 }, B_b: "1" });
    await bucket.put("a", '{"n":2}');
    const equal = await played.look("hint");
    expect(equal).toMatchObject({ outcome: "changed", fire: "success" });
    expect(equal.lookAgainInMs).toBeUndefined();
    expect(handled(played.data)).toBe("PUT:a@4");
  });

  it("a deletion and a purge fire delete_transition and remove the item, seen before or not", async () => {
    await bucket.put("a", "1");
    await bucket.delete("a");
    await bucket.delete("ghost");
    await bucket.purge("b");
    const played = play(all);
    await played.look("start");
    for (const expected of ["DEL:a@2", "DEL:ghost@3", "PURGE:b@4"]) {
      expect(await played.look("due")).toMatchObject({ outcome: "changed", fire: { transition: "gone" } });
      expect(handled(played.data)).toBe(expected);
    }
    expect(Object.keys(played.data)).toEqual(["w"]);
    const { delete_transition: _, ...choria } = all;
    const plain = play(choria);
    await plain.look("start");
    expect(await plain.look("due")).toMatchObject({ fire: "success" });
  });

  it("only what the filter matches", async () => {
    for (const key of ["job.1", "other", "job.2", "job", "job.2"]) await bucket.put(key, key);
    expect(await handleAll(play({ ...all, key: "job.*" }))).toEqual([
      "PUT:job.1@1",
      "PUT:job.2@3",
      "PUT:job.2@5",
    ]);
    expect(await handleAll(play({ ...all, key: "other" }))).toEqual(["PUT:other@2"]);
  });

  it("exactly once across restarts and lost commits, wherever they fall", async () => {
    const revisions = 200;
    for (let n = 1; n <= revisions; n++) await bucket.put(`k${n % 7}`, `${n}`);
    const played = play(all);
    const order: string[] = [];
    for (let step = 0; order.length < revisions; step++) {
      const observation = await played.peek("due");
      // Every third look is lost before its commit, every fifth is followed by a restart.
      if (step % 3 === 1) {
        if (step % 2 === 0) played.restart();
        continue;
      }
      played.commit(observation);
      order.push(handled(played.data));
      if (step % 5 === 0) played.restart();
    }
    expect(order).toEqual(Array.from({ length: revisions }, (_, at) => `PUT:k${(at + 1) % 7}@${at + 1}`));
    expect((await played.look()).outcome).toBe("unchanged");
  });

  it("more revisions than are read in advance, by number and by size", async () => {
    await Promise.all(Array.from({ length: 1100 }, (_, at) => bucket.put(`k${at}`, "")));
    const large = "x".repeat(600_000);
    await Promise.all(["a", "b", "c"].map((key) => bucket.put(key, large)));
    const order = await handleAll(play(all));
    expect(order).toHaveLength(1103);
    expect(order.map((one) => Number(one.split("@")[1]))).toEqual(
      Array.from({ length: 1103 }, (_, at) => at + 1),
    );
  });

  it("puts between looks come in their order", async () => {
    const played = play(all);
    expect((await played.look("start")).outcome).toBe("unchanged");
    const order: string[] = [];
    for (let n = 1; n <= 150; n++) {
      await bucket.put("k", `${n}`);
      if (n % 50 === 0) order.push(...(await handleAll(played)));
      else if (n % 7 === 0) {
        await played.look("hint");
        order.push(handled(played.data));
      }
    }
    expect(order).toEqual(Array.from({ length: 150 }, (_, at) => `PUT:k@${at + 1}`));
  });

  it("an entry that history no longer keeps is not there to take", async () => {
    await temporary.store.destroyBucket("B");
    bucket = await temporary.store.createBucket("B", { history: 2 });
    for (let n = 1; n <= 5; n++) await bucket.put("k", `${n}`);
    expect(await handleAll(play(all))).toEqual(["PUT:k@4", "PUT:k@5"]);
  });

  it("C58: an unreadable revision fires fail once and is passed over", async () => {
    await bucket.put("k", "{secret}");
    await bucket.put("k", "{}");
    const played = play(all);
    const observation = await played.look("start");
    expect(observation).toMatchObject({ outcome: "error", fire: "fail", lookAgainInMs: 0 });
    expect(observation.error).toContain("revision 1");
    expect(observation.error).not.toContain("secret");
    expect(handled(played.data)).toBe("PUT:k@1");
    expect(await handleAll(played)).toEqual(["PUT:k@2"]);
  });

  it("a bucket created again is taken from its first revision, and the log says so", async () => {
    const warnings: [string, LogFields | undefined][] = [];
    const log: Logger = { ...silentLogger, warn: (message, fields) => warnings.push([message, fields]) };
    await bucket.put("k", "1");
    await bucket.put("k", "2");
    const played = play(all, { log });
    await handleAll(played);
    await temporary.store.destroyBucket("B");
    const again = await temporary.store.createBucket("B", { history: 64 });
    for (const value of ["a", "b", "c"]) await again.put("k", value);
    played.restart();
    expect(await handleAll(played)).toEqual(["PUT:k@1", "PUT:k@2", "PUT:k@3"]);
    expect(warnings).toEqual([[expect.stringContaining("created again"), { bucket: "B" }]]);
  });

  it("the same without a restart, with entries read in advance of the old one", async () => {
    for (const value of ["1", "2", "3"]) await bucket.put("k", value);
    const played = play(all);
    await played.look("start");
    await played.look("due");
    await temporary.store.destroyBucket("B");
    const again = await temporary.store.createBucket("B", { history: 64 });
    for (const value of ["a", "b"]) await again.put("k", value);
    const order = await handleAll(played);
    expect(order.slice(-2)).toEqual(["PUT:k@1", "PUT:k@2"]);
    expect(played.data).toMatchObject({ B_k: "b" });
  });

  it("C52: a missing bucket is an error at each look, and the cursor stays", async () => {
    await bucket.put("k", "1");
    const played = play(all);
    await played.look("start");
    const { cursor } = played.kept;
    await temporary.store.destroyBucket("B");
    for (let look = 0; look < 2; look++) {
      expect(await played.look()).toMatchObject({ outcome: "error", fire: "fail" });
    }
    expect(played.kept.cursor).toEqual(cursor);
  });

  it("goes through entries that do not match only once", async () => {
    await bucket.put("wanted", "1");
    const played = play({ ...all, key: "wanted" });
    await played.look("start");
    for (let n = 0; n < 100; n++) await bucket.put("noise", `${n}`);
    expect((await played.look()).outcome).toBe("unchanged");
    await bucket.put("wanted", "2");
    expect(await played.look("hint")).toMatchObject({ outcome: "changed", patch: { w: { revision: 102 } } });
    expect((await played.look()).outcome).toBe("unchanged");
  });

  it("begins with the first again when its position lies beyond the end: the store is an older one", async () => {
    await bucket.put("a", "1");
    const played = play(all);
    await played.look("start");
    const { created } = played.kept.cursor as { created: string };
    played.kept.cursor = { bucket: "B", created, revision: 99 };
    played.restart();
    expect(await handleAll(played)).toEqual(["PUT:a@1"]);
  });

  it("knows at the end of what it has read in advance that there is more", async () => {
    await Promise.all(Array.from({ length: 501 }, (_, n) => bucket.put(`k${n}`, "x")));
    const played = play(all);
    const seen = await played.lookOn("start");
    expect(seen).toHaveLength(501);
    expect(handled(played.data)).toMatch(/@501$/);
  });

  it("a look that is aborted takes nothing", async () => {
    await bucket.put("a", "1");
    const played = play(all);
    const abort = new AbortController();
    abort.abort(new Error("the machine stops"));
    await played.look("start", abort.signal).catch(() => undefined);
    expect(played.data).toEqual({});
    expect(await handleAll(played)).toEqual(["PUT:a@1"]);
  });
});
