import { describe, expect, it } from "vitest";
import { codeFrom, type EngineUnderTest, eachCase, initial, shown, taken } from "./harness.ts";

export function describeWatches(engine: EngineUnderTest): void {
  describe("watch", () => {
    const at = eachCase(engine);

    it("W1: what is there, READY, what comes", async () => {
      const bucket = await at.bucket();
      await bucket.put("key2", "1");
      await using watch = bucket.watch("key2");
      expect(await taken(watch, 2)).toEqual(["PUT:key2=1@1/0", "READY"]);
      // With history 1 a reader that is slower than the writers is promised the newest entry only: so each is read in its turn.
      await bucket.put("key2", "2");
      expect(await taken(watch, 1)).toEqual(["PUT:key2=2@2/0"]);
      await bucket.delete("key2");
      expect(await taken(watch, 1)).toEqual(["DEL:key2=@3/0"]);
    });

    it("W2: READY comes at once when nothing matches", async () => {
      const bucket = await at.bucket();
      expect(await initial(bucket.watch(">"))).toEqual(["READY"]);
      expect(await initial(bucket.watch("nokey"))).toEqual(["READY"]);
      await bucket.put("other", "1");
      expect(await initial(bucket.watch("nokey"))).toEqual(["READY"]);
    });

    it("W3: updatesOnly", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      await bucket.put("b", "2");
      await using watch = bucket.watch(">", { updatesOnly: true });
      await bucket.put("c", "3");
      expect(await taken(watch, 2)).toEqual(["READY", "PUT:c=3@3/0"]);
    });

    it("W4: includeHistory", async () => {
      const bucket = await at.bucket({ history: 10 });
      for (const value of ["a", "aa", "aaa"]) await bucket.put("k", value);
      await bucket.delete("k");
      await using watch = bucket.watch(">", { includeHistory: true });
      await bucket.put("c", "c");
      expect(await taken(watch, 6)).toEqual([
        "PUT:k=a@1/0",
        "PUT:k=aa@2/0",
        "PUT:k=aaa@3/0",
        "DEL:k=@4/0",
        "READY",
        "PUT:c=c@5/0",
      ]);
    });

    it("W5: ignoreDeletes lets through neither DEL nor PURGE, before and after READY", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "1");
      await bucket.delete("a");
      await bucket.purge("b");
      await using watch = bucket.watch(">", { ignoreDeletes: true });
      await bucket.delete("c");
      await bucket.purge("c");
      await bucket.put("c", "6");
      expect(await taken(watch, 2)).toEqual(["READY", "PUT:c=6@6/0"]);
    });

    it("W6: READY tells the revision and comes once, after the newest of each key in order of revision", async () => {
      const bucket = await at.bucket({ history: 3 });
      for (const key of ["z", "a", "m", "z"]) await bucket.put(key, "v");
      await using watch = bucket.watch();
      expect(await taken(watch, 3)).toEqual(["PUT:a=v@2/0", "PUT:m=v@3/0", "PUT:z=v@4/0"]);
      expect((await watch.next()).value).toEqual({ operation: "READY", revision: 4 });
    });

    it("W7: metaOnly", async () => {
      const bucket = await at.bucket();
      await bucket.put("a", "aaa");
      await using watch = bucket.watch(">", { metaOnly: true });
      await bucket.put("b", "bbbb");
      const before = await watch.next();
      expect(before.value).toMatchObject({ operation: "PUT", length: 3, value: new Uint8Array(0) });
      await watch.next();
      expect((await watch.next()).value).toMatchObject({ length: 4, value: new Uint8Array(0), revision: 2 });
    });

    it("W8: resumeFromRevision", async () => {
      const bucket = await at.bucket();
      for (const key of ["a", "b", "c"]) await bucket.put(key, "v");
      expect(await initial(bucket.watch(">", { resumeFromRevision: 2 }))).toEqual([
        "PUT:b=v@2/0",
        "PUT:c=v@3/0",
        "READY",
      ]);
      expect(await initial(bucket.watch(">", { resumeFromRevision: 99 }))).toEqual(["READY"]);
      expect(await initial(bucket.watch("c", { resumeFromRevision: 1, updatesOnly: true }))).toEqual([
        "PUT:c=v@3/0",
        "READY",
      ]);
      expect(await codeFrom(() => bucket.watch(">", { resumeFromRevision: -1 }))).toBe("INVALID_ARGUMENT");
    });

    it("W8: resuming in the future skips what comes before", async () => {
      const bucket = await at.bucket();
      await using watch = bucket.watch(">", { resumeFromRevision: 3 });
      for (const key of ["a", "b", "c"]) await bucket.put(key, "v");
      expect(await taken(watch, 2)).toEqual(["READY", "PUT:c=v@3/0"]);
    });

    it.each([
      [">", ["a", "a.b", "a.c", "a.b.c", "x.b.c", "x"]],
      ["*", ["a", "x"]],
      ["a.*", ["a.b", "a.c"]],
      ["a.>", ["a.b", "a.c", "a.b.c"]],
      ["*.b", ["a.b"]],
      ["*.*.c", ["a.b.c", "x.b.c"]],
      ["*.>", ["a.b", "a.c", "a.b.c", "x.b.c"]],
      ["a.*.c", ["a.b.c"]],
      ["a", ["a"]],
    ])("W9: %s matches before and after READY", async (filter, expected) => {
      const bucket = await at.bucket();
      const keys = ["a", "a.b", "a.c", "a.b.c", "x.b.c", "x"];
      for (const key of keys) await bucket.put(key, "v");
      await using watch = bucket.watch(filter);
      for (const key of keys) await bucket.put(key, "w");
      const all = await taken(watch, expected.length * 2 + 1);
      const before = expected.map((key) => `PUT:${key}=v@${keys.indexOf(key) + 1}/0`);
      const after = expected.map((key) => `PUT:${key}=w@${keys.indexOf(key) + 7}/0`);
      expect(all).toEqual([...before, "READY", ...after]);
    });

    it("W10: several filters", async () => {
      const bucket = await at.bucket();
      for (const key of ["a", "b", "c"]) await bucket.put(key, "v");
      expect(await initial(bucket.watch(["a", "c"]))).toEqual(["PUT:a=v@1/0", "PUT:c=v@3/0", "READY"]);
    });

    it("W11: a stopped watch delivers nothing more", async () => {
      const bucket = await at.bucket();
      const watch = bucket.watch();
      expect(await taken(watch, 1)).toEqual(["READY"]);
      watch.stop();
      await bucket.put("a", "1");
      expect(await watch.next()).toEqual({ done: true, value: undefined });
    });

    it("W12: stop ends a reader that waits", async () => {
      const bucket = await at.bucket();
      const watch = bucket.watch();
      await watch.next();
      const waiting = [watch.next(), watch.next()];
      watch.stop();
      expect(await Promise.all(waiting)).toEqual([
        { done: true, value: undefined },
        { done: true, value: undefined },
      ]);
    });

    it("W12: a signal ends it without an error", async () => {
      const bucket = await at.bucket();
      const abort = new AbortController();
      const watch = bucket.watch(">", { signal: abort.signal });
      await watch.next();
      const waiting = watch.next();
      abort.abort();
      expect((await waiting).done).toBe(true);
      expect((await bucket.watch(">", { signal: abort.signal }).next()).done).toBe(true);
    });

    it("W13: purge is an entry", async () => {
      const bucket = await at.bucket();
      await bucket.put("k", "1");
      await using watch = bucket.watch("k");
      await bucket.purge("k");
      expect(await taken(watch, 3)).toEqual(["PUT:k=1@1/0", "READY", "PURGE:k=@2/0"]);
    });

    it("W14: empty is not told", async () => {
      const bucket = await at.bucket();
      await bucket.put("k", "1");
      await using watch = bucket.watch();
      await bucket.empty();
      await bucket.put("k", "2");
      expect(await taken(watch, 3)).toEqual(["PUT:k=1@1/0", "READY", "PUT:k=2@2/0"]);
    });

    it("W15: includeHistory and updatesOnly contradict each other", async () => {
      const bucket = await at.bucket();
      expect(await codeFrom(() => bucket.watch(">", { includeHistory: true, updatesOnly: true }))).toBe(
        "INVALID_ARGUMENT",
      );
    });

    it("W16: a map kept by a watch", async () => {
      const bucket = await at.bucket();
      await using watch = bucket.watch("params.*");
      for (const key of ["params.P1", "params.P2", "other", "params.P3"]) await bucket.put(key, key);
      await bucket.delete("params.P1");
      const map = new Map<string, string>();
      for await (const item of watch) {
        if (item.operation === "PUT") map.set(item.key, item.string());
        if (item.operation !== "DEL") continue;
        map.delete(item.key);
        break;
      }
      expect([...map.keys()]).toEqual(["params.P2", "params.P3"]);
    });

    it("W17: two watches see the same", async () => {
      const bucket = await at.bucket();
      await using first = bucket.watch();
      await using second = bucket.watch();
      await bucket.put("a", "1");
      await bucket.put("b", "2");
      const expected = ["READY", "PUT:a=1@1/0", "PUT:b=2@2/0"];
      expect(await taken(first, 3)).toEqual(expected);
      expect(await taken(second, 3)).toEqual(expected);
    });

    it("W18: 100 writes at once come in order", async () => {
      const bucket = await at.bucket();
      await using watch = bucket.watch(">", { updatesOnly: true });
      await watch.next();
      const writes = Array.from({ length: 100 }, (_, index) => bucket.put(`key${index}`, "v"));
      const revisions: number[] = [];
      for await (const item of watch) if (revisions.push(item.revision) === 100) break;
      await Promise.all(writes);
      expect(revisions).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    });

    it("W19: a reader far behind gets the newest of every key, in order and once", async () => {
      const bucket = await at.bucket();
      await using watch = bucket.watch(">", { updatesOnly: true });
      const writes: Promise<number>[] = [];
      for (let index = 0; index < 6000; index++) writes.push(bucket.put(`key${index % 3000}`, String(index)));
      const last = Math.max(...(await Promise.all(writes)));
      const newest = new Map<string, string>();
      let before = 0;
      for await (const item of watch) {
        if (item.operation === "READY") continue;
        expect(item.revision).toBeGreaterThan(before);
        before = item.revision;
        newest.set(item.key, item.string());
        if (item.revision === last) break;
      }
      expect(newest.size).toBe(3000);
      for (const [key, value] of newest) expect(value).toBe(String(Number(key.slice(3)) + 3000));
    });

    it("W20: what is written while a large bucket is read comes after it", async () => {
      const bucket = await at.bucket();
      const keys = Array.from({ length: 3000 }, (_, index) => `key${index}`);
      await Promise.all(keys.map((key) => bucket.put(key, "old")));
      await using watch = bucket.watch();
      const late = bucket.put("key2999", "new");
      const seen = new Map<string, string>();
      for await (const item of watch) {
        if (item.operation === "READY") continue;
        seen.set(item.key, item.string());
        if (item.revision === 3001) break;
      }
      await late;
      expect(seen.size).toBe(3000);
      expect(seen.get("key2999")).toBe("new");
    });

    it("W21: destroying the bucket fails the watch, after what came before", async () => {
      const bucket = await at.bucket();
      const watch = bucket.watch();
      await bucket.put("a", "1");
      await at.store.destroyBucket(bucket.name);
      expect(await taken(watch, 2)).toEqual(["READY", "PUT:a=1@1/0"]);
      expect(await codeFrom(() => watch.next())).toBe("BUCKET_NOT_FOUND");
      expect((await watch.next()).done).toBe(true);
    });

    it("W22: closing the store fails the watch", async () => {
      const bucket = await at.bucket();
      const watch = bucket.watch();
      await watch.next();
      const waiting = codeFrom(() => watch.next());
      await at.store.close();
      expect(await waiting).toBe("STORE_CLOSED");
    });

    it("W23: a thousand watches of one key each", async () => {
      const bucket = await at.bucket();
      const watches = Array.from({ length: 1000 }, (_, index) => bucket.watch(`key${index}`));
      await Promise.all(watches.map((watch) => watch.next()));
      await Promise.all(watches.map((_, index) => bucket.put(`key${index}`, String(index))));
      const seen = await Promise.all(watches.map((watch) => watch.next()));
      expect(seen.map(({ value }) => value && shown(value))).toEqual(
        watches.map((_, index) => `PUT:key${index}=${index}@${index + 1}/0`),
      );
      for (const watch of watches) watch.stop();
    });
  });
}
