/** A program that ends with an open store ends as any program of Node, and leaves the store intact. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Environment } from "../../../src/kv/engines/lmdb/environment.ts";
import { destroyedKey } from "../../../src/kv/engines/lmdb/layout.ts";
import { openStore } from "../../../src/kv/open.ts";

const program = fileURLToPath(new URL("../../../dist/test/kv/fixtures/ending-process.js", import.meta.url));

const failure = { status: 1, signal: null, stderr: expect.stringContaining("Error: the program failed") };
const ends = [
  { end: "throw", expected: failure },
  { end: "reject", expected: failure },
  { end: "exit", expected: { status: 3, signal: null, stderr: "" } },
];
/** In turns of the event loop: the write begins, waits for the lock, is made and is committed. */
const moments = ["open", "0", "1", "2", "3", "5", "8", "20"];

describe("a program that ends with an open store", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    {
      await using store = await openStore(directory);
      const bucket = await store.createBucket("B");
      await bucket.put("kept", "value");
    }
    const environment = new Environment(directory);
    // Work for whoever opens the store next, which is then pending.
    await environment.write((records) => records.put(destroyedKey(99), Buffer.from([0])));
    await environment.close();
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it.each(ends)("by $end: has Node's exit status and message at any moment", async ({ end, expected }) => {
    for (const moment of moments) {
      const argv = [program, directory, moment, end];
      const { status, signal, stderr } = spawnSync(process.execPath, argv, {
        encoding: "utf8",
        timeout: 10_000,
      });
      expect({ moment, status, signal, stderr }).toEqual({ moment, ...expected });
    }
    await using store = await openStore(directory);
    const bucket = await store.openBucket("B");
    expect((await bucket.get("kept"))?.string()).toBe("value");
    const keys: string[] = [];
    for await (const key of bucket.keys()) keys.push(key);
    // A batch is made as a whole or not at all.
    expect([1, 21]).toContain(keys.length);
    await bucket.put("kept", "again");
  });
});
