/** Rule 4: what ends silently in the store ends in its mirror at the same moment. On a clock that moves only when told. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { text } from "../../../src/kv/codec.ts";
import { Contents } from "../../../src/kv/mirror/contents.ts";
import { type Mirror, openMirror } from "../../../src/kv/mirror.ts";
import { openStore } from "../../../src/kv/open.ts";
import type { Store } from "../../../src/kv/store.ts";
import { SimulatedClock } from "../../simulated-clock.ts";
import { elapse } from "../fixtures/elapse.ts";

let directory: string;
let store: Store;
let clock: SimulatedClock;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-mirror-"));
  clock = new SimulatedClock();
  store = await openStore(directory, { clock });
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

describe("a mirror and time", () => {
  it("a bucket's ttl ends its entries, seen by reads at once and told as delete", async () => {
    const bucket = await store.createBucket("B", { ttlMs: 5000 });
    await bucket.put("a", "1");
    await using mirror = openMirror(store, "B", { codec: text, clock });
    await mirror.ready;
    const told = deletions(mirror);
    await elapse(store, clock, 2000);
    await mirror.waitFor(await bucket.put("b", "2"));
    expect(mirror.entry("a")?.endsAt).toBe(clock.now() + 3000);
    // No timer has fired yet: reads look at the clock themselves.
    clock.leap(3000);
    expect([mirror.get("a"), mirror.has("a"), mirror.size, [...mirror.keys()]]).toEqual([
      undefined,
      false,
      1,
      ["b"],
    ]);
    expect(told).toEqual([]);
    await clock.advance(0);
    expect(told).toEqual(["a"]);
    await elapse(store, clock, 2000);
    expect([told, mirror.size, await bucket.get("b")]).toEqual([["a", "b"], 0, null]);
  });

  it.each([
    [5000, 0, [], "1"],
    [0, 5000, ["a"], undefined],
  ])(
    "a bucket whose ttl was %i and is %i: what is there follows at the next check",
    async (before, after, told, value) => {
      const bucket = await store.createBucket("B", { ttlMs: before });
      await bucket.put("a", "1");
      await using mirror = openMirror(store, "B", { codec: text, clock, checkEveryMs: 1000 });
      await mirror.ready;
      const deleted = deletions(mirror);
      await store.editBucket("B", { ttlMs: after });
      const again = new Promise((resolve) => mirror.on("ready", resolve));
      await elapse(store, clock, 1000);
      await again;
      await elapse(store, clock, 3999);
      expect([mirror.get("a"), deleted]).toEqual(["1", []]);
      await elapse(store, clock, 1);
      expect([mirror.get("a"), deleted]).toEqual([value, told]);
    },
  );

  it("a value that is written again in time lives on", async () => {
    const bucket = await store.createBucket("B", { ttlMs: 5000 });
    await using mirror = openMirror(store, "B", { codec: text, clock });
    await mirror.ready;
    const told = deletions(mirror);
    for (let turn = 0; turn < 5; turn++) {
      await mirror.waitFor(await bucket.put("a", `${turn}`));
      await elapse(store, clock, 4000);
    }
    expect([mirror.get("a"), told]).toEqual(["4", []]);
  });

  it("a key's own ttl ends it, told once", async () => {
    const bucket = await store.createBucket("B", { markerTtlMs: 60_000 });
    await using mirror = openMirror(store, "B", { codec: text, clock });
    await mirror.ready;
    const told = deletions(mirror);
    await mirror.waitFor(await bucket.create("lock", "host1", { ttlMs: 3000 }));
    await elapse(store, clock, 2999);
    expect(mirror.get("lock")).toBe("host1");
    await elapse(store, clock, 1);
    await mirror.waitFor(2);
    expect([mirror.has("lock"), told]).toEqual([false, ["lock"]]);
  });

  it("closed, it leaves no timer armed", async () => {
    const bucket = await store.createBucket("B", { ttlMs: 5000 });
    await bucket.put("a", "1");
    await elapse(store, clock, 0);
    const before = clock.armed;
    const mirror = openMirror(store, "B", { codec: text, clock });
    await mirror.ready;
    const late = mirror.waitFor(9);
    expect(clock.armed).toBeGreaterThan(before);
    await mirror.close();
    await expect(late).rejects.toThrow("the mirror of bucket B is closed");
    expect(clock.armed).toBe(before);
  });
});

it("deadlines of values that were written over do not pile up", () => {
  const time = new SimulatedClock(0);
  const contents = new Contents<string>(time);
  const created = new Date(0);
  for (let revision = 1; revision <= 10_000; revision++) {
    contents.set({ key: "a", value: "", revision, created, length: 0, endsAt: revision });
  }
  // Those that still count are few: the soonest is among the last.
  expect(contents.nextEnd).toBeGreaterThan(9_900);
  time.leap(9_999);
  expect([contents.removeEnded(), contents.size]).toEqual([[], 1]);
  time.leap(1);
  expect(contents.removeEnded().map(({ revision }) => revision)).toEqual([10_000]);
});

function deletions(mirror: Mirror<string>): string[] {
  const told: string[] = [];
  mirror.on("delete", ({ key }) => told.push(key));
  return told;
}
