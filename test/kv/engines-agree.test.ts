/** Random verbs on every engine and on the model: all give the same answers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStore } from "../../src/kv/open.ts";
import type { Store } from "../../src/kv/store.ts";
import { kinds, type RunningServer, startServer } from "../setup/nats-server.ts";
import { type Step, step, verbOf } from "./fixtures/agreement.ts";
import { answerOf } from "./fixtures/answer-of.ts";
import { Model } from "./fixtures/model.ts";

let directory: string;
const servers: RunningServer[] = [];
const stores = new Map<string, Store>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
  stores.set("LMDB", await openStore(directory));
  for (const kind of kinds) {
    const server = await startServer(kind);
    servers.push(server);
    stores.set(`NATS ${server.version}`, await openStore(server.url));
  }
});

afterAll(async () => {
  for (const store of stores.values()) await store.close();
  for (const server of servers) await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** The bucket is made anew under the same name each time. */
async function answersOf(
  store: Store,
  history: number,
  steps: readonly Step[],
  expected: readonly unknown[],
): Promise<unknown[]> {
  const bucket = await store.createBucket("agree", { history });
  try {
    const answers: unknown[] = [];
    for (const [at, one] of steps.entries()) {
      answers.push(await answerOf(verbOf(one).run(one, bucket, expected[at])));
    }
    return answers;
  } finally {
    await store.destroyBucket("agree");
  }
}

async function check(history: number, steps: readonly Step[]): Promise<void> {
  const model = new Model(history);
  const expected = steps.map((one) => verbOf(one).model(one, model));
  const names = [...stores.keys()];
  // All to the end, also when one fails: the next run takes the same bucket.
  const results = await Promise.allSettled(
    [...stores.values()].map((store) => answersOf(store, history, steps, expected)),
  );
  for (const [at, result] of results.entries()) {
    const found = result.status === "fulfilled" ? result.value : result.reason;
    expect({ name: names[at], found }).toEqual({ name: names[at], found: expected });
  }
}

it("every engine answers what the model answers", async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 40, size: "max" });
  const runs = fc.asyncProperty(fc.integer({ min: 1, max: 5 }), steps, check);
  await fc.assert(runs, { seed: 20_261_121, numRuns: 100 });
});
