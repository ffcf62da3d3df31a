/** Whatever holders do, and however long each of them is paused: never two who hold the lock, and each fence above the last. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Lease } from "../../../src/kv/lease/lease.ts";
import { acquireLock } from "../../../src/kv/lock.ts";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Store } from "../../../src/kv/store.ts";
import type { CancelTimer, Clock } from "../../../src/lib/clock.ts";
import { SimulatedClock, settle } from "../../simulated-clock.ts";
import { elapse } from "../fixtures/elapse.ts";

const ttlMs = 1000;
const actors = 3;

/** The clock of a process that may be stopped: its timers fire when it goes on. */
class PausableClock implements Clock {
  readonly #clock: Clock;
  #waiting: (() => void)[] | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    let cancelled = false;
    const fire = (): void => {
      if (!cancelled) callback();
    };
    const cancel = this.#clock.after(delayMs, () => (this.#waiting ? this.#waiting.push(fire) : fire()));
    return () => {
      cancelled = true;
      cancel();
    };
  }

  pause(): void {
    this.#waiting ??= [];
  }

  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const fire of waiting) fire();
  }
}

class Actor {
  readonly clock: PausableClock;
  readonly #bucket: Bucket;
  readonly #taken: (lease: Lease) => void;
  lease: Lease | undefined;
  #stop: AbortController | undefined;

  constructor(bucket: Bucket, clock: Clock, taken: (lease: Lease) => void) {
    this.#bucket = bucket;
    this.clock = new PausableClock(clock);
    this.#taken = taken;
  }

  acquire(): void {
    if (this.#stop) return;
    const stop = new AbortController();
    this.#stop = stop;
    acquireLock(this.#bucket, "lock", { ttlMs, clock: this.clock, signal: stop.signal }).then(
      (lease) => {
        this.lease = lease;
        this.#taken(lease);
      },
      () => undefined,
    );
  }

  async release(): Promise<void> {
    this.#stop?.abort(new Error("released"));
    this.#stop = undefined;
    await this.lease?.release();
    this.lease = undefined;
  }
}

const step = fc.record({
  actor: fc.nat(actors - 1),
  action: fc.constantFrom("acquire", "acquire", "release", "pause", "resume"),
  thenMs: fc.nat(1500),
});

let directory: string;
let store: Store;
let runs = 0;
const clock = new SimulatedClock();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-leases-"));
  store = await openStore(directory, { clock });
});

afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

it.each([
  ["with a ttl of keys", { markerTtlMs: 5000 }],
  ["plain", {}],
])(
  "in a bucket %s",
  async (_, config) => {
    let held = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const bucket = await store.createBucket(`B${++runs}`, config);
        const fences: number[] = [0];
        const faults: string[] = [];
        const all: Actor[] = [];
        const taken = (lease: Lease): void => {
          const others = all.filter(({ lease: other }) => other !== lease && other?.isHeld);
          if (lease.isHeld && others.length > 0) faults.push(`two hold it from fence ${lease.fence} on`);
          if (lease.fence <= Math.max(...fences)) faults.push(`fence ${lease.fence} after ${fences.join()}`);
          fences.push(lease.fence);
        };
        for (let at = 0; at < actors; at++) all.push(new Actor(bucket, clock, taken));
        for (const { actor, action, thenMs } of steps) {
          const one = all[actor];
          if (action === "acquire") one?.acquire();
          else if (action === "release") await one?.release();
          else if (action === "pause") one?.clock.pause();
          else if (action === "resume") one?.clock.resume();
          else await bucket.purge("lock").then(() => elapse(store, clock, ttlMs));
          await elapse(store, clock, thenMs);
        }
        for (const one of all) one.clock.resume();
        for (const one of all) await one.release();
        await settle();
        held += fences.length - 1;
        expect(faults).toEqual([]);
        await store.destroyBucket(bucket.name);
      }),
      { numRuns: 60, seed: 20261121 },
    );
    expect(held).toBeGreaterThan(60);
  },
  120_000,
);
