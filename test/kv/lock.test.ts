/** The lock, on each engine: one holder at a time, whatever happens to holders, waiters and the store. */
import { describe, expect, it } from "vitest";
import { acquireLock, holderOfLock, tryLock } from "../../src/kv/lock.ts";
import type { Bucket } from "../../src/kv/store.ts";
import { MachinistError } from "../../src/lib/errors.ts";
import { codeFrom } from "./contract/harness.ts";
import { eachTime, embedded, lossOf, onServers } from "./leases/engines.ts";

const ttlMs = 1000;

describe.each([...embedded, onServers("old"), onServers("current")])("a lock on $name", ({ start }) => {
  const hosts = eachTime(start);

  it("has one holder, who is known", async () => {
    const { clock, here, there } = hosts();
    const lock = await acquireLock(here, "deploy", { owner: "host1", clock });
    expect(lock).toMatchObject({ key: "deploy", owner: "host1", isHeld: true, fence: 1 });
    expect(await tryLock(there, "deploy", { clock })).toBeNull();
    const holder = await holderOfLock(there, "deploy");
    expect(holder).toMatchObject({ key: "deploy", owner: "host1", ttlMs: 30_000, revision: 1 });
    await lock.release();
    await lock.release();
    expect(lock.isHeld).toBe(false);
    expect(lock.lost.aborted).toBe(false);
    expect(await holderOfLock(there, "deploy")).toBeNull();
    await using next = await tryLock(there, "deploy", { clock });
    expect(next?.fence).toBe(3);
  });

  it("is had by 20 contenders one after the other, each with a higher fence", async () => {
    const { clock, here, there, elapse } = hosts();
    let inside = 0;
    const fences: number[] = [];
    const contend = async (bucket: Bucket): Promise<void> => {
      await using lock = await acquireLock(bucket, "deploy", { clock });
      expect(++inside).toBe(1);
      fences.push(lock.fence);
      // What others do meanwhile must not matter.
      await bucket.get("deploy");
      inside--;
    };
    const all = Promise.all(Array.from({ length: 20 }, (_, at) => contend(at % 2 ? here : there)));
    let done = false;
    const finished = all.finally(() => {
      done = true;
    });
    while (!done) await elapse(5);
    await finished;
    expect(fences).toHaveLength(20);
    expect(fences).toEqual(fences.toSorted((left, right) => left - right));
    expect(new Set(fences).size).toBe(20);
  });

  it("is kept up as long as its holder lives", async () => {
    const { clock, here, there, elapse } = hosts();
    await using lock = await acquireLock(here, "deploy", { clock, ttlMs });
    await elapse(2500);
    expect(lock.isHeld).toBe(true);
    expect(await tryLock(there, "deploy", { clock })).toBeNull();
    expect((await holderOfLock(there, "deploy"))?.revision).toBeGreaterThan(5);
  });

  it("goes to who waits when its holder is gone, and not before its ttl", async () => {
    const { clock, first, here, there, elapse } = hosts();
    const lock = await acquireLock(here, "deploy", { clock, ttlMs, owner: "host1" });
    const begun = clock.monotonic();
    const next = acquireLock(there, "deploy", { clock, ttlMs, owner: "host2" });
    await first.close();
    while (!lock.lost.aborted) await elapse(50);
    expect(await lossOf(lock.lost)).toMatchObject({ code: "LEASE_LOST" });
    const lostAt = clock.monotonic();
    let taken = false;
    void next.then(() => {
      taken = true;
    });
    while (!taken) await elapse(50);
    await using held = await next;
    expect(held.fence).toBeGreaterThan(lock.fence);
    expect(clock.monotonic() - begun).toBeGreaterThanOrEqual(ttlMs);
    expect(lostAt).toBeLessThanOrEqual(clock.monotonic());
    // What was lost is not given back: that would be the lock of another.
    await lock.release();
    expect((await holderOfLock(there, "deploy"))?.owner).toBe("host2");
  });

  it("is lost at the next renewal when somebody takes it away, and what the next one has stays", async () => {
    const { clock, here, there, elapse } = hosts();
    const lock = await acquireLock(here, "deploy", { clock, ttlMs, owner: "host1" });
    await there.purge("deploy");
    await using thief = await tryLock(there, "deploy", { clock, owner: "host2" });
    await elapse(500);
    const loss = await lossOf(lock.lost);
    expect(loss).toBeInstanceOf(MachinistError);
    expect(String(loss)).toMatch(/key deploy of bucket LOCKS is lost, because host2 has it: stop/);
    expect(lock.isHeld).toBe(false);
    await lock.release();
    expect((await holderOfLock(there, "deploy"))?.revision).toBe(thief?.fence);
  });

  it("is lost when its bucket is destroyed", async () => {
    const { clock, here, first, elapse } = hosts();
    const lock = await acquireLock(here, "deploy", { clock, ttlMs });
    await first.destroyBucket("LOCKS");
    await elapse(500);
    expect(await lossOf(lock.lost)).toMatchObject({ code: "LEASE_LOST" });
    await lock.release();
    expect(await codeFrom(() => acquireLock(here, "deploy", { clock }))).toBe("BUCKET_NOT_FOUND");
  });

  it("is waited for as long as wanted", async () => {
    const { clock, here, there, elapse } = hosts();
    await using lock = await acquireLock(here, "deploy", { clock });
    const late = codeFrom(() => acquireLock(there, "deploy", { clock, waitMs: 300 }));
    const stop = new AbortController();
    const stopped = acquireLock(there, "deploy", { clock, signal: stop.signal });
    stop.abort(new Error("no longer needed"));
    await expect(stopped).rejects.toThrow("no longer needed");
    await elapse(400);
    expect(await late).toBe("TIMEOUT");
    expect(lock.isHeld).toBe(true);
  });
});

describe.each(embedded)("a lock on $name", ({ start }) => {
  const hosts = eachTime(start);

  it("refuses what cannot work", async () => {
    const { clock, here, first } = hosts();
    const short = await first.createBucket("SHORT", { ttlMs: 5000 });
    const refusals = [
      codeFrom(() => acquireLock(here, "no key", { clock })),
      codeFrom(() => tryLock(here, "deploy", { clock, ttlMs: 999 })),
      codeFrom(() => tryLock(here, "deploy", { clock, ttlMs: Number.NaN })),
      codeFrom(() => tryLock(short, "deploy", { clock, ttlMs: 5001 })),
      codeFrom(() => tryLock(short, "deploy", { clock, ttlMs: 5000 })),
    ];
    expect(await Promise.all(refusals)).toEqual([
      "INVALID_KEY",
      "INVALID_ARGUMENT",
      "INVALID_ARGUMENT",
      "INVALID_ARGUMENT",
      "nothing",
    ]);
  });

  it("is known to be over at once by who slept through it", async () => {
    const { clock, here } = hosts();
    const lock = await acquireLock(here, "deploy", { clock, ttlMs });
    if (!("leap" in clock) || typeof clock.leap !== "function") throw new Error("a simulated clock");
    clock.leap(899);
    expect(lock.isHeld).toBe(true);
    clock.leap(1);
    expect(lock.isHeld).toBe(false);
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
  });

  it("is had also when the answer to a write was lost", async () => {
    const { clock, here, there, elapse } = hosts();
    const lossy = withoutAnswers(here);
    const lock = await acquireLock(lossy, "deploy", { clock, ttlMs, owner: "host1" });
    expect(lock.fence).toBe(1);
    await elapse(3000);
    expect(lock.isHeld).toBe(true);
    expect((await holderOfLock(there, "deploy"))?.owner).toBe("host1");
    await lock.release();
    expect(await holderOfLock(there, "deploy")).toBeNull();
  });
});

/** Every second write succeeds, and says that nobody answered. */
function withoutAnswers(bucket: Bucket): Bucket {
  let writes = 0;
  const lossy = async (write: Promise<number>): Promise<number> => {
    const revision = await write;
    if (writes++ % 2 === 0) throw new MachinistError("TIMEOUT", "no answer");
    return revision;
  };
  return {
    ...bucket,
    name: bucket.name,
    get: (...given) => bucket.get(...given),
    status: () => bucket.status(),
    watch: (...given) => bucket.watch(...given),
    create: (...given) => lossy(bucket.create(...given)),
    update: (...given) => lossy(bucket.update(...given)),
    touch: (...given) => lossy(bucket.touch(...given)),
    delete: (...given) => bucket.delete(...given),
  };
}
