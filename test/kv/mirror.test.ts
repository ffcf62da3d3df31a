/** The mirror of a bucket, on every engine. The numbers of the rules are those of the reference's section on mirrors. */
import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { json, text } from "../../src/kv/codec.ts";
import { type Mirror, type MirrorEvents, openMirror } from "../../src/kv/mirror.ts";
import type { Bucket } from "../../src/kv/store.ts";
import { startServer } from "../setup/nats-server.ts";
import { codeFrom, listed } from "./contract/harness.ts";
import { engines, onServer } from "./fixtures/mirrored-stores.ts";

/** Silent changes are looked for this often, so that no case waits long. */
const soon = { checkEveryMs: 50 };

describe.each(engines)("a mirror on $name", (engine) => {
  it("rule 1: loads the newest values, and follows puts, deletes and purges", async () => {
    await using running = await engine.start();
    const bucket = await running.store.createBucket("B", { history: 3 });
    await bucket.put("a", "1");
    await bucket.put("a", "2");
    await bucket.put("gone", "1");
    await bucket.delete("gone");
    await using mirror = openMirror(running.store, "B", { codec: text });
    expect([mirror.state, mirror.size, mirror.get("a"), mirror.revision]).toEqual([
      "loading",
      0,
      undefined,
      0,
    ]);
    await mirror.ready;
    expect([mirror.state, mirror.revision]).toEqual(["live", 4]);
    expect(shown(mirror)).toEqual(["a=2@2"]);
    expect([mirror.has("a"), mirror.has("gone"), mirror.get("gone")]).toEqual([true, false, undefined]);
    const told = recorded(mirror);
    await bucket.put("b.c", "3");
    await bucket.put("a", "4");
    await bucket.delete("b.c");
    await bucket.purge("a");
    await mirror.waitFor(await bucket.put("d", "5"));
    expect(told).toEqual(["set b.c=3@5", "set a=4@6 after 2", "delete b.c", "delete a", "set d=5@9"]);
    expect([...mirror.keys()]).toEqual(["d"]);
    expect(mirror.entry("d")).toMatchObject({
      key: "d",
      value: "5",
      revision: 9,
      length: 1,
      endsAt: Infinity,
    });
    expect(mirror.entry("d")?.created).toEqual((await bucket.get("d"))?.created);
  });

  it("rule 1: an empty bucket is ready too, and keys that objects are made with are keys", async () => {
    await using running = await engine.start();
    const bucket = await running.store.createBucket("B");
    await using mirror = openMirror(running.store, "B", { codec: text });
    await mirror.ready;
    expect([mirror.size, mirror.has("__proto__"), mirror.get("constructor")]).toEqual([0, false, undefined]);
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) await bucket.put(key, key);
    await mirror.waitFor(4);
    expect([mirror.get("__proto__"), mirror.get("constructor"), mirror.size]).toEqual([
      "__proto__",
      "constructor",
      4,
    ]);
  });

  it("rule 3: goes on with a bucket that is destroyed and made again, serving old values meanwhile", async () => {
    await using running = await engine.start();
    const bucket = await running.store.createBucket("B");
    await bucket.put("kept", "old");
    await bucket.put("dropped", "old");
    await using mirror = openMirror(running.store, "B", { codec: text, ...soon });
    await mirror.ready;
    const told = recorded(mirror);
    const lost = next(mirror, "resync");
    await running.other.destroyBucket("B");
    expect((await lost).cause).toMatchObject({ code: "BUCKET_NOT_FOUND" });
    expect([mirror.state, mirror.get("kept"), mirror.size]).toEqual(["resyncing", "old", 2]);
    const again = next(mirror, "ready");
    const anew = await running.other.createBucket("B");
    await anew.put("kept", "new");
    await again;
    await mirror.waitFor(1);
    expect([mirror.state, mirror.revision]).toEqual(["live", 1]);
    expect(shown(mirror)).toEqual(["kept=new@1"]);
    expect(told).toContain("delete dropped");
    expect(told.filter((line) => line.startsWith("set"))).toHaveLength(1);
  });

  it("rule 5: notices that the bucket was emptied, also when something is written at once", async () => {
    await using running = await engine.start();
    const bucket = await running.store.createBucket("B");
    await bucket.put("a", "1");
    await bucket.put("b", "2");
    await using mirror = openMirror(running.store, "B", { codec: text, ...soon });
    await mirror.ready;
    const told = recorded(mirror);
    const again = next(mirror, "ready");
    await bucket.empty();
    await bucket.put("c", "3");
    expect((await again).revision).toBe(3);
    expect(shown(mirror)).toEqual(["c=3@3"]);
    expect(told.toSorted()).toEqual(["delete a", "delete b", "set c=3@3"]);
  });

  it("rule 6: waits for a revision, also one that its filter leaves out", async () => {
    await using running = await engine.start();
    const bucket = await running.store.createBucket("B");
    await using mirror = openMirror(running.store, "B", {
      codec: text,
      filter: ["app.*", "x"],
      checkEveryMs: 60_000,
    });
    await mirror.waitFor(await bucket.put("app.a", "1"));
    expect(mirror.get("app.a")).toBe("1");
    await mirror.waitFor(await bucket.put("other", "2"));
    expect([mirror.revision, mirror.size]).toEqual([2, 1]);
    const both = Promise.all([mirror.waitFor(3), mirror.waitFor(4)]);
    await bucket.put("other", "3");
    await bucket.put("x", "4");
    await both;
    expect(shown(mirror)).toEqual(["app.a=1@1", "x=4@4"]);
    const never = codeFrom(() => mirror.waitFor(99, { timeoutMs: 20 }));
    expect(await never).toBe("TIMEOUT");
    const gone = new AbortController();
    const aborted = mirror.waitFor(99, { signal: gone.signal });
    gone.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
  });

  it("rule 7: tells of a value that it cannot read, keeps its bytes, and goes on", async () => {
    await using running = await engine.start();
    const bucket = await running.store.createBucket("B");
    await bucket.put("good", "[1]");
    await bucket.put("bad", "{ secret");
    const mirror = openMirror(running.store, "B", { codec: json });
    const failure = next(mirror, "error");
    await mirror.ready;
    const { error } = await failure;
    expect(error).toMatchObject({ code: "BAD_VALUE", details: { bucket: "B", key: "bad", revision: 2 } });
    expect(error.message).not.toContain("secret");
    expect([mirror.get("good"), mirror.get("bad"), mirror.has("bad"), mirror.size]).toEqual([
      [1],
      undefined,
      true,
      2,
    ]);
    expect(Buffer.from(mirror.entry("bad")?.bytes ?? []).toString()).toBe("{ secret");
    expect(mirror.entry("good")).not.toHaveProperty("bytes");
    await mirror.waitFor(await bucket.put("bad", "2"));
    expect(mirror.get("bad")).toBe(2);
    await mirror.close();
  });

  it("rule 8: holds no values with metaOnly, and fails rather than hold more keys than it may", async () => {
    await using running = await engine.start();
    const bucket = await running.store.createBucket("B");
    await bucket.put("a", "12345");
    await using names = openMirror(running.store, "B", { metaOnly: true });
    await using few = openMirror(running.store, "B", { maxEntries: 1 });
    await Promise.all([names.ready, few.ready]);
    expectTypeOf(names.get("a")).toEqualTypeOf<undefined>();
    expect(names.entry("a")).toMatchObject({ value: undefined, length: 5, revision: 1 });
    const failure = next(few, "error");
    await bucket.put("b", "1");
    expect((await failure).error.message).toMatch(/^bucket B has more keys than the 1 /);
    expect(few.state).toBe("failed");
    expect(await codeFrom(() => few.waitFor(5))).toBe("FAILED");
    await using tooFew = openMirror(running.store, "B", { maxEntries: 1 });
    expect(await codeFrom(() => tooFew.ready)).toBe("FAILED");
    expect(tooFew.size).toBe(0);
  });

  it("two mirrors of one bucket are independent", async () => {
    await using running = await engine.start();
    const bucket = await running.store.createBucket("B");
    await using first = openMirror(running.store, "B", { codec: text });
    await using second = openMirror(running.other, "B", { codec: text });
    await Promise.all([first.ready, second.ready]);
    const revision = await bucket.put("a", "1");
    await Promise.all([first.waitFor(revision), second.waitFor(revision)]);
    await first.close();
    await second.waitFor(await bucket.put("a", "2"));
    expect([first.get("a"), second.get("a")]).toEqual(["1", "2"]);
  });

  it("ends: closed, aborted, its store closed, no such bucket", async () => {
    await using running = await engine.start();
    await running.store.createBucket("B");
    const closed = openMirror(running.store, "B");
    await closed.close();
    await closed.close();
    expect(closed.state).toBe("closed");
    expect(await codeFrom(() => closed.ready)).toBe("STOPPED");
    expect(await codeFrom(() => closed.waitFor(1))).toBe("STOPPED");
    const stop = new AbortController();
    const aborted = openMirror(running.store, "B", { signal: stop.signal });
    await aborted.ready;
    const waiting = aborted.waitFor(7);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(aborted.state).toBe("closed");
    const late = openMirror(running.store, "B", { signal: stop.signal });
    await expect(late.ready).rejects.toThrow("enough");
    const nowhere = openMirror(running.store, "NOWHERE");
    expect(await codeFrom(() => nowhere.ready)).toBe("BUCKET_NOT_FOUND");
    expect(nowhere.state).toBe("failed");
    const orphan = openMirror(running.other, "B");
    await orphan.ready;
    const failure = next(orphan, "error");
    await running.other.close();
    expect((await failure).error).toMatchObject({ code: "STORE_CLOSED" });
    expect(orphan.state).toBe("failed");
  });

  it("ends equal to the bucket, whatever happens to it", async () => {
    await using running = await engine.start();
    const { store, other } = running;
    const keys = fc.constantFrom("a", "b", "c.d", "__proto__");
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ verb: fc.constant("put" as const), key: keys }) },
      {
        weight: 2,
        arbitrary: fc.record({ verb: fc.constantFrom("delete" as const, "purge" as const), key: keys }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ verb: fc.constantFrom("empty" as const, "remake" as const), key: keys }),
      },
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const name = `R${++round}`;
        let bucket = await other.createBucket(name, { history: 2 });
        await using mirror = openMirror(store, name, { codec: text, ...soon });
        await mirror.ready;
        for (const [at, { verb, key }] of steps.entries()) {
          if (verb === "put") await bucket.put(key, `value ${at}`);
          else if (verb === "empty") await bucket.empty();
          else if (verb !== "remake") await bucket[verb](key);
          else {
            await other.destroyBucket(name);
            bucket = await other.createBucket(name, { history: 2 });
          }
        }
        await bucket.put("last", `${round}`);
        await becomes(mirror, bucket);
        await other.destroyBucket(name);
      }),
      { numRuns: engine.name === "LMDB" ? 25 : 5 },
    );
  });
});

it("goes on after the server was killed and started again, with writes in between", async () => {
  await using running = await onServer(await startServer("current"));
  const bucket = await running.store.createBucket("B");
  await bucket.put("a", "1");
  await using mirror = openMirror(running.store, "B", { codec: text });
  await mirror.ready;
  const failures: unknown[] = [];
  mirror.on("error", ({ error }) => failures.push(error));
  await running.server.restart();
  const again = await running.other.openBucket("B");
  await mirror.waitFor(await again.put("a", "2"), { timeoutMs: 30_000 });
  expect([mirror.get("a"), mirror.state, failures]).toEqual(["2", "live", []]);
});

/** Waits until both are the same, by events: each change and each look may have made them so. */
async function becomes(mirror: Mirror<string>, bucket: Bucket): Promise<void> {
  const wanted = (await listed(bucket.history(">"))).reduce(
    (all, entry) => all.set(entry.key, entry),
    new Map<string, { operation: string; revision: number; string(): string }>(),
  );
  const expected = [...wanted]
    .filter(([, { operation }]) => operation === "PUT")
    .map(([key, entry]) => `${key}=${entry.string()}@${entry.revision}`)
    .toSorted();
  const changes = new EventTarget();
  const undo = (["set", "delete", "ready"] as const).map((name) =>
    mirror.on(name, () => changes.dispatchEvent(new Event("change"))),
  );
  while (shown(mirror).toSorted().join("\n") !== expected.join("\n")) await once(changes, "change");
  for (const stop of undo) stop();
}

function shown(mirror: Mirror<string>): string[] {
  return [...mirror].map(({ key, value, revision }) => `${key}=${value}@${revision}`);
}

/** Every change of the view from now on. */
function recorded(mirror: Mirror<string>): string[] {
  const told: string[] = [];
  mirror.on("set", ({ entry: { key, value, revision }, previous }) => {
    told.push(`set ${key}=${value}@${revision}${previous ? ` after ${previous.value}` : ""}`);
  });
  mirror.on("delete", ({ key }) => told.push(`delete ${key}`));
  return told;
}

function next<T, Name extends keyof MirrorEvents<T>>(
  mirror: Mirror<T>,
  name: Name,
): Promise<MirrorEvents<T>[Name]> {
  return new Promise((resolve) => {
    const undo = mirror.on(name, (event) => {
      undo();
      resolve(event);
    });
  });
}
