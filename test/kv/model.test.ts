/** Random operations, many at once, against a model that fits on a page. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket, Store } from "../../src/kv/store.ts";
import { historyOf, listed, taken } from "./contract/harness.ts";
import { answerOf } from "./fixtures/answer-of.ts";
import { Model } from "./fixtures/model.ts";

interface Step {
  readonly verb: string;
  readonly key: string;
  readonly value: string;
  /** A revision, or how far back from the newest one. */
  readonly number: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom(
    "put",
    "put",
    "put",
    "conditional",
    "create",
    "delete",
    "purge",
    "revert",
    "deleteAll",
    "empty",
    "purgeDeletes",
  ),
  key: fc.constantFrom("a", "b", "a.b", "c"),
  // Short ones are kept in the head, long ones are not.
  value: fc.oneof(fc.string({ maxLength: 5 }), fc.constant("long".repeat(300))),
  number: fc.nat({ max: 12 }),
});

/** Runs one step on both. @returns what the store will answer, and what the model did */
function apply(
  { verb, key, value, number }: Step,
  bucket: Bucket,
  model: Model,
): [Promise<unknown>, unknown] {
  switch (verb) {
    case "conditional":
      return [bucket.put(key, value, { expectedRevision: number }), model.put(key, value, number)];
    case "create":
      return [bucket.create(key, value), model.create(key, value)];
    case "delete":
      return number > 9
        ? [bucket.delete(key, { expectedRevision: number }), model.mark("DEL", key, number)]
        : [bucket.delete(key), model.mark("DEL", key)];
    case "purge":
      return [bucket.purge(key), model.mark("PURGE", key)];
    case "revert":
      return [bucket.revert(key, number + 1), model.revert(key, number + 1)];
    case "deleteAll":
      return [bucket.delete(">"), model.deleteMatching()];
    case "empty":
      return [bucket.empty(), model.empty()];
    case "purgeDeletes":
      return [bucket.purgeDeletes(0), model.purgeDeletes()];
    default:
      return [bucket.put(key, value), model.put(key, value)];
  }
}

describe("random operations", () => {
  let directory: string;
  let store: Store;
  let buckets = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    store = await openStore(directory);
  });

  afterAll(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  async function check(history: number, groups: readonly (readonly Step[])[]): Promise<void> {
    const bucket = await store.createBucket(`B${++buckets}`, { history });
    const model = new Model(history);
    await using watch = bucket.watch(">", { updatesOnly: true });
    for (const group of groups) {
      // All at once: they come into one batch, in this order.
      const answers = group.map((one) => apply(one, bucket, model));
      for (const [answer, expected] of answers) expect(await answerOf(answer)).toEqual(expected);
      expect(await historyOf(bucket)).toEqual(model.history());
      expect(await listed(bucket.keys())).toEqual(model.keys());
      expect(await bucket.status()).toMatchObject({
        values: model.history().length,
        revision: model.all.length,
      });
    }
    expect(await taken(watch, model.all.length + 1)).toEqual([
      "READY",
      ...model.all.map(({ operation, key, value, revision }) => `${operation}:${key}=${value}@${revision}/0`),
    ]);
    await bucket.empty();
    expect((await bucket.status()).bytes).toBe(0);
  }

  it("give what the model gives, one after the other and together", async () => {
    const groups = fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), groups, check), { numRuns: 150 });
  });
});
