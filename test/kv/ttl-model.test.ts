/** Random operations and random steps of time, against a model; time goes by both with and without timers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket, Store } from "../../src/kv/store.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { historyOf, listed, shown, taken } from "./contract/harness.ts";
import { answerOf } from "./fixtures/answer-of.ts";
import { type Lives, TtlModel, textOf } from "./fixtures/ttl-model.ts";

const keys = ["a", "b", "a.b", "c"];

interface Step {
  readonly verb: string;
  readonly key: string;
  readonly value: string;
  /** A revision. */
  readonly number: number;
  readonly ttlMs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom(
    ...["put", "conditional", "create", "createTtl", "createTtl", "createTtl", "touch", "touchAt", "delete"],
    ...["purge", "purgeTtl", "revert", "deleteAll", "purgeDeletes", "empty"],
  ),
  key: fc.constantFrom(...keys),
  // Short ones are kept in the head, long ones are not.
  value: fc.oneof(fc.string({ maxLength: 5 }), fc.constant("long".repeat(300))),
  number: fc.nat({ max: 12 }),
  ttlMs: fc.integer({ min: 1000, max: 6000 }),
});

const lives: fc.Arbitrary<Lives> = fc.record({
  history: fc.integer({ min: 1, max: 4 }),
  ttlMs: fc.constantFrom(0, 1500, 4000),
  markerTtlMs: fc.constantFrom(0, 1000, 3000, 60_000),
});

/** Operations that come at once, and the time until the next ones; `swept`: what has ended is removed then. */
const round = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
  pauseMs: fc.oneof(fc.constant(0), fc.constant(1000), fc.nat({ max: 5000 })),
  swept: fc.boolean(),
});

type Round = typeof round extends fc.Arbitrary<infer Value> ? Value : never;
type Answers = [Promise<unknown>, unknown];

const verbs: Readonly<Record<string, (step: Step, bucket: Bucket, model: TtlModel) => Answers>> = {
  put: ({ key, value }, bucket, model) => [bucket.put(key, value), model.put(key, value)],
  conditional: ({ key, value, number }, bucket, model) => [
    bucket.put(key, value, { expectedRevision: number }),
    model.put(key, value, number),
  ],
  create: ({ key, value }, bucket, model) => [bucket.create(key, value), model.create(key, value)],
  createTtl: ({ key, value, ttlMs }, bucket, model) => [
    bucket.create(key, value, { ttlMs }),
    model.create(key, value, ttlMs),
  ],
  touch: ({ key, ttlMs }, bucket, model) => [bucket.touch(key, ttlMs), model.touch(key, ttlMs)],
  touchAt: ({ key, ttlMs, number }, bucket, model) => [
    bucket.touch(key, ttlMs, { expectedRevision: number }),
    model.touch(key, ttlMs, number),
  ],
  delete: ({ key }, bucket, model) => [bucket.delete(key), model.mark("DEL", key)],
  purge: ({ key }, bucket, model) => [bucket.purge(key), model.mark("PURGE", key)],
  purgeTtl: ({ key, ttlMs }, bucket, model) => [
    bucket.purge(key, { ttlMs }),
    model.mark("PURGE", key, ttlMs),
  ],
  revert: ({ key, number }, bucket, model) => [bucket.revert(key, number + 1), model.revert(key, number + 1)],
  deleteAll: (_, bucket, model) => [bucket.delete(">"), model.deleteAll()],
  purgeDeletes: (_, bucket, model) => [bucket.purgeDeletes(0), model.purgeDeletes()],
  empty: (_, bucket, model) => [bucket.empty(), model.empty()],
};

/** Runs one step on both. @returns what the store answered, and what the model did */
async function apply(step: Step, bucket: Bucket, model: TtlModel): Promise<[unknown, unknown]> {
  const verb = verbs[step.verb];
  if (!verb) throw new Error(`no verb ${step.verb}`);
  const [answer, expected] = verb(step, bucket, model);
  return [await answerOf(answer), expected];
}

describe("random operations and time", () => {
  let directory: string;
  let clock: SimulatedClock;
  let store: Store;
  let buckets = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    clock = new SimulatedClock();
    store = await openStore(directory, { clock });
  });

  afterAll(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  async function expectSame(bucket: Bucket, model: TtlModel): Promise<void> {
    expect(await historyOf(bucket)).toEqual(model.history());
    expect(await listed(bucket.keys())).toEqual(model.keys());
    for (const key of keys) {
      const entry = await bucket.entry(key);
      const expected = model.visible(key);
      expect(entry && shown(entry)).toEqual(expected ? `${textOf(expected)}/0` : null);
      expect((await bucket.get(key))?.revision).toBe(
        expected?.operation === "PUT" ? expected.revision : undefined,
      );
    }
  }

  async function check(config: Lives, rounds: readonly Round[]): Promise<void> {
    const bucket = await store.createBucket(`B${++buckets}`, config);
    const model = new TtlModel(config);
    const start = clock.now();
    await using watch = bucket.watch(">", { updatesOnly: true });
    for (const { steps, pauseMs, swept } of rounds) {
      // All at once: they come into one batch, in this order.
      const answers = await Promise.all(steps.map((one) => apply(one, bucket, model)));
      for (const [answer, expected] of answers) expect(answer).toEqual(expected);
      await expectSame(bucket, model);
      // No timer fires: what has ended must be invisible all the same.
      clock.leap(pauseMs);
      model.now = clock.now() - start;
      await expectSame(bucket, model);
      if (!swept) continue;
      const { values, revision } = await bucket.status();
      const entries = await listed(bucket.history());
      const markers = entries.filter((entry) => entry.revision > model.all.length);
      model.sweep(markers.map(({ key }) => key));
      await expectSame(bucket, model);
      expect({ values, revision }).toEqual({ values: model.history().length, revision: model.all.length });
    }
    const revision = await bucket.put("last", "");
    expect(revision).toBe(model.put("last", ""));
    expect(await taken(watch, revision + 1)).toEqual([
      "READY",
      ...model.all.map((entry) => `${textOf(entry)}/0`),
    ]);
    clock.leap(1_000_000);
    await bucket.empty();
    expect(await bucket.status()).toMatchObject({ values: 0, bytes: 0, revision });
    await store.destroyBucket(bucket.name);
  }

  it("give what the model gives, and each marker reaches a watch exactly once", async () => {
    const rounds = fc.array(round, { minLength: 1, maxLength: 8 });
    await fc.assert(fc.asyncProperty(lives, rounds, check), { numRuns: 150 });
  });
});
