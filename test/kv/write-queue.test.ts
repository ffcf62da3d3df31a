/** A batch as a whole: what fails alone, and what fails together. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Environment } from "../../src/kv/engines/lmdb/environment.ts";
import { storeFailure } from "../../src/kv/engines/lmdb/failures.ts";
import { WriteQueue } from "../../src/kv/engines/lmdb/write-queue.ts";
import { MachinistError } from "../../src/lib/errors.ts";

const first = Buffer.from("first");
const value = Buffer.from("value");

describe("the queue of writes", () => {
  let directory: string;
  let environment: Environment;
  let commits: boolean[];
  let writes: WriteQueue;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    environment = new Environment(directory);
    commits = [];
    writes = new WriteQueue({
      environment,
      place: directory,
      now: () => 0,
      committed: (batch) => commits.push(batch.hasWritten),
    });
  });

  afterEach(async () => {
    await writes.idle();
    await environment.close();
    await rm(directory, { recursive: true });
  });

  it("commits what is submitted together together", async () => {
    const all = Array.from({ length: 50 }, (_, index) =>
      writes.submit(({ records }) => records.put(Buffer.from(`key${index}`), value)),
    );
    await Promise.all(all);
    expect(commits).toEqual([true]);
  });

  it("ends a batch after 1000 operations, and after 1 MiB", async () => {
    await Promise.all(
      Array.from({ length: 2500 }, () => writes.submit(({ records }) => records.put(first, value))),
    );
    expect(commits).toHaveLength(3);
    await Promise.all(
      Array.from({ length: 4 }, () => writes.submit(({ records }) => records.put(first, value), 600_000)),
    );
    expect(commits).toHaveLength(5);
  });

  it("an operation that is refused fails alone", async () => {
    const refusal = new MachinistError("WRONG_REVISION", "no");
    const [refused, done] = await Promise.allSettled([
      writes.submit(() => {
        throw refusal;
      }),
      writes.submit(({ records }) => records.put(first, value)),
    ]);
    expect(refused).toMatchObject({ status: "rejected", reason: refusal });
    expect(done.status).toBe("fulfilled");
    expect(environment.fresh().get(first)).toBeDefined();
  });

  it("a fault of the store undoes the whole batch, and the next one works", async () => {
    const fault = new Error("a bug");
    const results = await Promise.allSettled([
      writes.submit(({ records }) => records.put(first, value)),
      writes.submit(() => {
        throw fault;
      }),
    ]);
    expect(results).toMatchObject([
      { status: "rejected", reason: fault },
      { status: "rejected", reason: fault },
    ]);
    expect(environment.fresh().get(first)).toBeUndefined();
    expect(commits).toEqual([]);
    await writes.submit(({ records }) => records.put(first, value));
    expect(environment.fresh().get(first)).toBeDefined();
  });

  it("a batch that changes nothing says so", async () => {
    await writes.submit(() => undefined);
    expect(commits).toEqual([false]);
  });
});

describe("what LMDB and the file system say", () => {
  const coded = (code: unknown): Error => Object.assign(new Error("words of the system"), { code });

  it.each([
    [28, "STORE_FULL"],
    ["ENOSPC", "STORE_FULL"],
    [-30792, "STORE_FULL"],
    [-30796, "STORE_DAMAGED"],
    ["EACCES", "FAILED"],
    ["EISDIR", "FAILED"],
    [13, "FAILED"],
    [30, "STORE_READ_ONLY"],
    ["EROFS", "STORE_READ_ONLY"],
  ])("%s is %s", (code, expected) => {
    const failure = storeFailure(coded(code), "/the/place");
    expect(failure).toMatchObject({ code: expected });
    expect(failure.message).toContain("/the/place");
  });

  it("anything else stays what it is", () => {
    const bug = new TypeError("a bug");
    expect(storeFailure(bug, "/the/place")).toBe(bug);
  });
});
