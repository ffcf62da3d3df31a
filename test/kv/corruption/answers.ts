/** Everything that a store answers about known keys, each answer as a short text: to compare a damaged copy with the original. */
import { createHash } from "node:crypto";
import { openStore } from "../../../src/kv/open.ts";
import type { Bucket, Entry, Watch } from "../../../src/kv/store.ts";
import { MachinistError, messageOf } from "../../../src/lib/errors.ts";

/** Bucket to its keys. */
export type KnownKeys = Readonly<Record<string, readonly string[]>>;
/** Question to answer. */
export type Answers = Record<string, string>;

/** Begins the answer of a question that failed: with a code of machinist, or with anything else. */
export const refused = "refused: ";
export const raw = "raw error: ";

export async function answersOf(directory: string, known: KnownKeys): Promise<Answers> {
  const answers: Answers = {};
  const ask = async (question: string, answer: () => Promise<unknown>): Promise<void> => {
    answers[question] = await answer().then(digest, failure);
  };
  await ask("open", async () => {
    await using store = await openStore(directory);
    for (const [name, keys] of Object.entries(known)) {
      await ask(`${name}: status`, async () => {
        const { values, revision, history } = await (await store.openBucket(name)).status();
        return { values, revision, history };
      });
      const bucket = await store.openBucket(name).catch(failure);
      if (typeof bucket === "string") answers[name] = bucket;
      else await askBucket((question, answer) => ask(`${name}: ${question}`, answer), bucket, keys);
    }
    return "opened";
  });
  return answers;
}

type Ask = (question: string, answer: () => Promise<unknown>) => Promise<void>;

async function askBucket(ask: Ask, bucket: Bucket, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await ask(`get ${key}`, async () => described(await bucket.get(key)));
    await ask(`history ${key}`, () => all(bucket.history(key)));
    await ask(`get ${key}.absent`, async () => described(await bucket.get(`${key}.absent`)));
  }
  await ask("keys", async () => {
    const found: string[] = [];
    for await (const key of bucket.keys()) found.push(key);
    return found;
  });
  await ask("history", () => all(bucket.history()));
  await ask("watch", () => untilReady(bucket.watch()));
  await ask("watch from the start", () => untilReady(bucket.watch(">", { resumeFromRevision: 1 })));
}

async function all(entries: AsyncIterable<Entry>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const entry of entries) found.push(described(entry));
  return found;
}

async function untilReady(watch: Watch): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const entry of watch) {
    if (entry.operation === "READY") break;
    found.push(described(entry));
  }
  return found;
}

function described(entry: Entry | null): unknown {
  if (!entry) return null;
  const { key, operation, revision, created, value } = entry;
  return [key, operation, revision, Number(created), createHash("sha1").update(value).digest("base64")];
}

function digest(answer: unknown): string {
  return createHash("sha1").update(JSON.stringify(answer)).digest("base64");
}

function failure(error: unknown): string {
  return error instanceof MachinistError ? refused + error.code : `${raw}${messageOf(error)}`;
}
