/** Records that are malformed although their checksums are right, as only a bug would write them: STORE_DAMAGED, and nothing else. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withChecksums } from "../../../src/kv/engines/lmdb/integrity/checksum.ts";
import { bucketKey, kindOf, logKey, partsOf } from "../../../src/kv/engines/lmdb/layout.ts";
import { openStore } from "../../../src/kv/open.ts";
import { MachinistError } from "../../../src/lib/errors.ts";
import { listed } from "../contract/harness.ts";
import { keysIn, openRaw, type RawDatabase } from "./raw-database.ts";

const keys = ["a", "b", "c"];
const bucketId = 1;
const large = "large";

describe("a malformed record with a right checksum", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-malformed-"));
    await fill(directory);
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  async function tamper(change: (database: RawDatabase) => void): Promise<void> {
    const database = openRaw(directory);
    change(database);
    await database.close();
  }

  const write = (key: Buffer, content: Buffer) =>
    tamper((database) => void database.putSync(key, withChecksums(key, content)));

  /** What every way of reading and writing answers: the code of an error of ours, or what else was thrown. */
  async function answers(): Promise<Record<string, string>> {
    await using store = await openStore(directory);
    const found: Record<string, string> = {};
    const ask = async (question: string, asked: () => Promise<unknown>): Promise<void> => {
      found[question] = await asked().then(
        () => "answered",
        (cause: unknown) => (cause instanceof MachinistError ? cause.code : `raw: ${String(cause)}`),
      );
    };
    await ask("buckets", () => store.listBuckets());
    const bucket = await store.openBucket("B").catch(() => undefined);
    await ask("open", () => store.openBucket("B"));
    if (bucket) {
      for (const key of [...keys, large]) {
        await ask(`get ${key}`, () => bucket.get(key));
        await ask(`history of ${key}`, () => listed(bucket.history(key)));
      }
      await ask("keys", () => listed(bucket.keys()));
      await ask("status", () => bucket.status());
      await ask("log", async () => {
        await using watch = bucket.watch(">", { resumeFromRevision: 1 });
        for await (const { operation } of watch) if (operation === "READY") break;
      });
      await ask("revision", () => bucket.get("b", { revision: 2 }));
      await ask("metadata", () => listed(bucket.history(">", { metaOnly: true })));
      await ask("touch", () => bucket.touch("a", 60_000));
      await ask("revert", () => bucket.revert("b", 2));
      await ask("put", () => bucket.put("b", "new"));
      await ask("delete", () => bucket.delete("c"));
    }
    const other = await store.openBucket("OTHER");
    expect((await other.get("a"))?.string()).toBe("of another bucket");
    return found;
  }

  const seed = Date.now() % 1_000_000;

  /** A record of the bucket and what it holds, in the order of keys. */
  async function recordsOf(): Promise<{ key: Buffer; content: Buffer }[]> {
    const found: { key: Buffer; content: Buffer }[] = [];
    await tamper((database) => {
      for (const key of keysIn(database)) {
        if (!key.equals(bucketKey("B")) && partsOf(key).id !== bucketId) continue;
        found.push({ key, content: Buffer.from(database.get(key) ?? []).subarray(0, -8) });
      }
    });
    return found;
  }

  it(`of random bytes is STORE_DAMAGED for all who need it, and nothing else (seed ${seed})`, async () => {
    const random = generator(seed);
    for (const { key, content } of await recordsOf()) {
      for (const hasMark of [false, true]) {
        const bytes = Buffer.from(Array.from({ length: random(content.length * 2) }, () => random(256)));
        // Without the lowest bits, that name an operation: what follows them is malformed as well.
        if (hasMark && bytes.length > 0) bytes[0] = content[0] ?? 0;
        await write(key, bytes);
        const found = Object.entries(await answers());
        const place = `${kindOf(key)} ${key.toString("latin1", 5)}: ${bytes.toString("hex")}`;
        expect([place, found.filter(([, answer]) => answer.startsWith("raw"))]).toEqual([place, []]);
        if (!hasMark)
          expect([place, found.map(([, answer]) => answer)]).toEqual([
            place,
            expect.arrayContaining(["STORE_DAMAGED"]),
          ]);
      }
      await write(key, content);
    }
    expect(Object.values(await answers())).not.toContain("STORE_DAMAGED");
  }, 120_000);

  it(`with one wrong byte never ends in a foreign error (seed ${seed})`, async () => {
    const random = generator(seed);
    for (const { key, content } of await recordsOf()) {
      for (let time = 0; time < 3; time++) {
        const bytes = Buffer.from(content);
        const at = random(Math.min(bytes.length, 40));
        bytes[at] = random(256);
        await write(key, bytes);
        const found = Object.entries(await answers());
        const place = `${kindOf(key)} ${key.toString("latin1", 5)}: byte ${at} is ${bytes[at]}`;
        expect([place, found.filter(([, answer]) => answer.startsWith("raw"))]).toEqual([place, []]);
        // What was written meanwhile: the next place begins from the same store.
        await rm(directory, { recursive: true });
        await fill(directory);
      }
    }
  }, 120_000);

  it("of a compressed value: its bucket, key and revision are named, and others are read", async () => {
    const key = logKey(bucketId, 7);
    const { content } = (await recordsOf()).find((record) => record.key.equals(key)) ?? {};
    const bytes = Buffer.from(content ?? []);
    bytes.fill(0xff, bytes.length - 8);
    await write(key, bytes);
    await using store = await openStore(directory);
    const bucket = await store.openBucket("B");
    const place = { bucket: "B", key: large, revision: 7 };
    await expect(bucket.get(large)).rejects.toMatchObject({ code: "STORE_DAMAGED", details: place });
    expect((await bucket.get("a"))?.string()).toBe("2 of a");
  });

  it("a value whose record is missing is STORE_DAMAGED", async () => {
    await tamper((database) => void database.removeSync(logKey(bucketId, 7)));
    await using store = await openStore(directory);
    await expect((await store.openBucket("B")).get(large)).rejects.toMatchObject({
      code: "STORE_DAMAGED",
      message: expect.stringContaining('bucket B, key "large", revision 7: its record is missing'),
    });
  });
});

async function fill(directory: string): Promise<void> {
  await using store = await openStore(directory);
  const bucket = await store.createBucket("B", { history: 3, compression: true });
  for (const round of [1, 2]) for (const key of keys) await bucket.put(key, `${round} of ${key}`);
  await bucket.put(large, "x".repeat(5000));
  const other = await store.createBucket("OTHER");
  await other.put("a", "of another bucket");
}

/** Numbers below a bound, the same for the same seed. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
