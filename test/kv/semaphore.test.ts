/** The semaphore, on each engine: never more holders than its capacity, and no slot lost. */
import { describe, expect, it } from "vitest";
import type { Lease } from "../../src/kv/lease/lease.ts";
import { createSemaphore, listSemaphores, openSemaphore } from "../../src/kv/semaphore.ts";
import type { Bucket } from "../../src/kv/store.ts";
import { codeFrom } from "./contract/harness.ts";
import { eachTime, embedded, onServers } from "./leases/engines.ts";

const ttlMs = 1000;

describe.each([...embedded, onServers("old"), onServers("current")])("a semaphore on $name", ({ start }) => {
  const hosts = eachTime(start);

  it("is made once, found, listed and removed", async () => {
    const { here, there } = hosts();
    await createSemaphore(here, "builds", { capacity: 2 });
    await createSemaphore(there, "builds", { capacity: 2 });
    expect(await codeFrom(() => createSemaphore(there, "builds", { capacity: 3 }))).toBe("ALREADY_EXISTS");
    const builds = await openSemaphore(there, "builds");
    expect(await builds.status()).toEqual({ name: "builds", capacity: 2, ttlMs: 30_000, holders: [] });
    await createSemaphore(here, "archives", { capacity: 1, ttlMs });
    expect((await listSemaphores(there)).map(({ name, capacity }) => [name, capacity])).toEqual([
      ["archives", 1],
      ["builds", 2],
    ]);
    await builds.remove();
    expect(await codeFrom(() => openSemaphore(here, "builds"))).toBe("KEY_NOT_FOUND");
    expect(await codeFrom(() => builds.acquire())).toBe("KEY_NOT_FOUND");
  });

  it("has so many holders at a time, each in a slot of its own", async () => {
    const { clock, here, there } = hosts();
    await createSemaphore(here, "builds", { capacity: 3 });
    const taken: Lease[] = [];
    for (const [at, bucket] of [here, there, here].entries()) {
      const builds = await openSemaphore(bucket, "builds");
      taken.push(await builds.acquire({ clock, owner: `host${at}` }));
    }
    expect(taken.map(({ key }) => key).sort()).toEqual(["builds.1", "builds.2", "builds.3"]);
    const builds = await openSemaphore(there, "builds");
    expect(await builds.tryAcquire({ clock })).toBeNull();
    const { holders } = await builds.status();
    expect(holders.map(({ key }) => key)).toEqual(["builds.1", "builds.2", "builds.3"]);
    expect(holders.map(({ owner }) => owner).sort()).toEqual(["host0", "host1", "host2"]);
    await taken[1]?.release();
    await using again = await builds.tryAcquire({ clock });
    expect(again?.key).toBe(taken[1]?.key);
    await Promise.all(taken.map((lease) => lease.release()));
  });

  it("lets 12 contenders through, never more than 3 at a time", async () => {
    const { clock, here, there, elapse } = hosts();
    await createSemaphore(here, "builds", { capacity: 3 });
    let inside = 0;
    let letOut: () => void = () => undefined;
    // Nobody leaves before all slots are taken at once.
    const full = new Promise<void>((resolve) => {
      letOut = resolve;
    });
    const contend = async (bucket: Bucket): Promise<void> => {
      const builds = await openSemaphore(bucket, "builds");
      await using slot = await builds.acquire({ clock });
      if (++inside === 3) letOut();
      await full;
      expect(inside).toBeLessThanOrEqual(3);
      expect((await builds.status()).holders.map(({ key }) => key)).toContain(slot.key);
      inside--;
    };
    let done = false;
    const all = Promise.all(Array.from({ length: 12 }, (_, at) => contend(at % 2 ? here : there))).finally(
      () => {
        done = true;
      },
    );
    while (!done) await elapse(5);
    await all;
    expect((await (await openSemaphore(here, "builds")).status()).holders).toEqual([]);
  });

  it("gives the slot of a dead holder to who waits", async () => {
    const { clock, first, here, there, elapse } = hosts();
    await createSemaphore(here, "builds", { capacity: 1, ttlMs });
    const dead = await (await openSemaphore(here, "builds")).acquire({ clock });
    let taken = false;
    const next = (await openSemaphore(there, "builds")).acquire({ clock }).finally(() => {
      taken = true;
    });
    await first.close();
    while (!taken) await elapse(50);
    await using slot = await next;
    expect(slot.fence).toBeGreaterThan(dead.fence);
    expect(dead.isHeld).toBe(false);
  });

  it("lets waiters in when it grows, and nobody when it shrinks below its holders", async () => {
    const { clock, here, there, elapse } = hosts();
    const builds = await createSemaphore(here, "builds", { capacity: 1 });
    const one = await builds.acquire({ clock });
    let isIn = false;
    const waiting = (await openSemaphore(there, "builds")).acquire({ clock }).finally(() => {
      isIn = true;
    });
    await builds.resize(2);
    while (!isIn) await elapse(5);
    const two = await waiting;
    expect(two.key).toBe("builds.2");
    await builds.resize(1);
    await one.release();
    expect(await builds.tryAcquire({ clock })).toBeNull();
    expect(await codeFrom(() => limited(builds.acquire({ clock, waitMs: 200 }), elapse))).toBe("TIMEOUT");
    await two.release();
    await using three = await builds.tryAcquire({ clock });
    expect(three?.key).toBe("builds.1");
  });

  it("takes a slot away", async () => {
    const { clock, here, there, elapse } = hosts();
    const builds = await createSemaphore(here, "builds", { capacity: 1, ttlMs });
    const slot = await builds.acquire({ clock });
    const seen = await openSemaphore(there, "builds");
    expect(await seen.evict("other.1")).toBe(false);
    expect(await seen.evict("builds.1")).toBe(true);
    expect(await seen.evict("builds.1")).toBe(false);
    await elapse(500);
    expect(slot.lost.reason).toMatchObject({ code: "LEASE_LOST" });
  });

  it("tells those who wait that it was removed", async () => {
    const { clock, here, there } = hosts();
    const builds = await createSemaphore(here, "builds", { capacity: 1 });
    await using _slot = await builds.acquire({ clock });
    const waiting = codeFrom(async () => (await openSemaphore(there, "builds")).acquire({ clock }));
    await openSemaphore(there, "builds");
    await builds.remove();
    expect(await waiting).toBe("KEY_NOT_FOUND");
  });
});

describe.each(embedded.slice(0, 1))("a semaphore on $name", ({ start }) => {
  const hosts = eachTime(start);

  it.each([
    ["no name", { capacity: 1 }],
    ["a.b", { capacity: 1 }],
    ["builds", { capacity: 0 }],
    ["builds", { capacity: 1001 }],
    ["builds", { capacity: 1.5 }],
    ["builds", { capacity: 1, ttlMs: 10 }],
  ])("refuses %s %j", async (name, settings) => {
    expect(await codeFrom(() => createSemaphore(hosts().here, name, settings))).toBe("INVALID_ARGUMENT");
    expect((await hosts().here.status()).values).toBe(0);
  });
});

async function limited(lease: Promise<Lease>, elapse: (ms: number) => Promise<void>): Promise<Lease> {
  lease.catch(() => undefined);
  await elapse(300);
  return lease;
}
