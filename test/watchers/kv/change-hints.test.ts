import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bucket } from "../../../src/kv/store.ts";
import { kv } from "../../../watchers/kv.ts";
import { settle } from "../../simulated-clock.ts";
import { PlayedWatcher } from "../harness.ts";
import { openTemporaryStore, type TemporaryStore } from "./store.ts";

let temporary: TemporaryStore;
let bucket: Bucket;
let abort: AbortController;
beforeAll(async () => {
  temporary = await openTemporaryStore();
});
afterAll(() => temporary.remove());
beforeEach(async () => {
  await temporary.store.destroyBucket("B").catch(() => undefined);
  bucket = await temporary.store.createBucket("B");
  abort = new AbortController();
});
afterEach(() => abort.abort());

const play = (properties: object): PlayedWatcher =>
  new PlayedWatcher(kv, { bucket: "B", mode: "watch", ...properties }, { store: temporary.store });

function hintsOf({ watcher }: PlayedWatcher): AsyncIterator<void> {
  const hints = watcher.hints?.(abort.signal);
  if (!hints) throw new Error("this watcher gives no hints");
  return hints[Symbol.asyncIterator]();
}

/** Lets a watch deliver what it has: a live watch beside it sees a put of its own. */
async function delivered(): Promise<void> {
  const beside = bucket.watch("beside", { updatesOnly: true });
  await beside.next();
  await bucket.put("beside", "");
  await beside.next();
  beside.stop();
  await settle();
}

function isPending(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => false), settle().then(() => true)]);
}

describe("kv hints", () => {
  it("mode poll has none", () => {
    expect(play({ key: "k", mode: "poll" }).watcher.hints).toBeUndefined();
  });

  it("a put is a hint, and a look that began after the watch needs no other", async () => {
    const played = play({ key: "k" });
    const hints = hintsOf(played);
    const hint = hints.next();
    await played.look("start");
    await delivered();
    expect(await isPending(hint)).toBe(true);
    await bucket.put("k", "v");
    expect(await hint).toEqual({ done: false, value: undefined });
    expect(await played.look("hint")).toMatchObject({ outcome: "changed", patch: { B_k: "v" } });
  });

  it("deletions are hints too; other keys are not", async () => {
    await bucket.put("k", "v");
    const played = play({ key: "k" });
    const hint = hintsOf(played).next();
    await played.look("start");
    await bucket.put("other", "v");
    await delivered();
    expect(await isPending(hint)).toBe(true);
    await bucket.delete("k");
    await hint;
    expect(await played.look("hint")).toMatchObject({ outcome: "changed", patch: { B_k: undefined } });
  });

  it("many changes while nobody takes them are one hint", async () => {
    const played = play({});
    const hints = hintsOf(played);
    const first = hints.next();
    await played.look("start");
    await bucket.put("k", "0");
    await first;
    for (let n = 1; n <= 20; n++) await bucket.put("k", `${n}`);
    await delivered();
    await hints.next();
    const further = hints.next();
    expect(await isPending(further)).toBe(true);
  });

  it("what changed between a look and the beginning of the watch is hinted", async () => {
    const played = play({ key: "k" });
    await played.look("start");
    await bucket.put("k", "v");
    await hintsOf(played).next();
    expect(await played.look("hint")).toMatchObject({ outcome: "changed" });
  });

  it("C52: wait while the bucket is missing; when it appears, the first hint is to look", async () => {
    await temporary.store.destroyBucket("B");
    const played = play({ key: "k" });
    const hint = hintsOf(played).next();
    expect(await played.look("start")).toMatchObject({ outcome: "waiting", fire: "fail" });
    expect(await isPending(hint)).toBe(true);
    const created = await temporary.store.createBucket("B");
    await created.put("k", "v");
    await hint;
    expect(await played.look("hint")).toMatchObject({ outcome: "changed" });
  });

  it("fail when the bucket is destroyed, and follow the next one of its name", async () => {
    const played = play({ key: "k" });
    const hint = hintsOf(played).next();
    await played.look("start");
    await delivered();
    await Promise.all([
      expect(hint).rejects.toMatchObject({ code: "BUCKET_NOT_FOUND" }),
      temporary.store.destroyBucket("B"),
    ]);
    bucket = await temporary.store.createBucket("B");
    const hints = hintsOf(played);
    const opened = hints.next();
    await opened;
    await played.look("hint");
    const next = hints.next();
    await bucket.put("k", "v");
    await next;
    expect(await played.look("hint")).toMatchObject({ outcome: "changed" });
  });

  it("a templated key is followed once a look has rendered it, and again when it becomes another", async () => {
    const played = play({ key: 'host.{{ lookup "data.host" "a" }}' });
    const hints = hintsOf(played);
    const first = hints.next();
    await delivered();
    expect(await isPending(first)).toBe(true);
    await played.look("start");
    await bucket.put("host.a", "1");
    await first;
    await played.look("hint");
    played.kept.data = { host: "b" };
    await played.look("due");
    const second = hints.next();
    await bucket.put("host.b", "1");
    await second;
    expect(await played.look("hint")).toMatchObject({ patch: { "B_host.b": "1" } });
  });

  it.each(["k", 'host.{{ lookup "data.host" "a" }}'])("end with the signal: key %s", async (key) => {
    const played = play({ key });
    const hint = hintsOf(played).next();
    abort.abort();
    expect(await hint).toEqual({ done: true, value: undefined });
  });

  it("end with the signal while they follow", async () => {
    const played = play({ key: "k" });
    const hint = hintsOf(played).next();
    await played.look("start");
    await delivered();
    abort.abort();
    expect(await hint).toEqual({ done: true, value: undefined });
  });

  it("wake whoever takes every revision", async () => {
    const played = play({ key: "k", deliver: "every" });
    const hints = hintsOf(played);
    let hint = hints.next();
    await played.look("start");
    for (const value of ["1", "2", "2"]) {
      await bucket.put("k", value);
      await hint;
      hint = hints.next();
      expect(await played.look("hint")).toMatchObject({ outcome: "changed", patch: { B_k: value } });
    }
  });
});
