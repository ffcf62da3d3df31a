/** A process that stops inside a write transaction: readers do not notice it, writers get an error that names it. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Environment } from "../../../src/kv/engines/lmdb/environment.ts";
import { destroyedKey } from "../../../src/kv/engines/lmdb/layout.ts";
import { openStore } from "../../../src/kv/open.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { type StoppedWriter, startStoppedWriter } from "../fixtures/stopped-writer.ts";

const cli = join(import.meta.dirname, "../../../dist/src/cli/bin.js");
/** Less than a writer waits, much more than a reader needs. */
const readerLimitMs = 4_500;

describe("a process that is stopped inside a write transaction", () => {
  let directory: string;
  let stopped: StoppedWriter;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    {
      // Two minutes ago, so that the removal of the short-lived entry is due.
      const clock = { ...systemClock, now: () => Date.now() - 120_000 };
      await using store = await openStore(directory, { clock });
      const bucket = await store.createBucket("B", { history: 5, markerTtlMs: 3_600_000 });
      await bucket.put("a", "one");
      await bucket.put("a", "two");
      await bucket.create("short", "value", { ttlMs: 1_000 });
    }
    const environment = new Environment(directory);
    // What a process leaves that dies while it removes a bucket: work for whoever opens the store next.
    await environment.write((records) => records.put(destroyedKey(99), Buffer.from([0])));
    await environment.close();
    stopped = await startStoppedWriter(directory);
  });

  afterEach(async () => {
    await stopped.kill();
    await rm(directory, { recursive: true });
  });

  function run(...argv: string[]) {
    const words = [cli, "kv", ...argv, "--store", `lmdb:${directory}`];
    return spawnSync(process.execPath, words, { encoding: "utf8", timeout: 20_000, killSignal: "SIGKILL" });
  }

  it.each([
    { argv: ["get", "B", "a"], printed: "two" },
    { argv: ["keys", "B"], printed: "a\n" },
    { argv: ["history", "B", "a"], printed: "one" },
    { argv: ["info", "B"], printed: "B" },
    { argv: ["ls"], printed: "B" },
    { argv: ["watch", "B", "a", "--once"], printed: "two" },
  ])("kv $argv.0 does not wait for it", ({ argv, printed }) => {
    const begin = performance.now();
    const { status, stdout, stderr } = run(...argv);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(printed);
    expect(performance.now() - begin).toBeLessThan(readerLimitMs);
  });

  it("a store that only reads is opened, read, watched and closed without waiting", async () => {
    const begin = performance.now();
    const store = await openStore(directory);
    const bucket = await store.openBucket("B");
    expect((await bucket.get("a"))?.string()).toBe("two");
    const watch = bucket.watch("a");
    expect((await watch.next()).value).toMatchObject({ key: "a", revision: 2 });
    await watch.return?.();
    await store.close();
    expect(performance.now() - begin).toBeLessThan(readerLimitMs);
  });

  it("writers get TIMEOUT with its pid; when it goes on, they do, and a refused write is not made later", async () => {
    await using store = await openStore(directory);
    const bucket = await store.openBucket("B");
    const refused = await bucket.put("a", "refused").catch((error: unknown) => error);
    const { pid } = stopped;
    expect(refused).toMatchObject({
      code: "TIMEOUT",
      details: { pid },
      message:
        `cannot write to the store in ${directory}: process ${pid} (stopped) holds its write lock for more than 5 s; ` +
        `expected it to be released. Resume it with \`kill -CONT ${pid}\` or end it, then repeat`,
    });
    // The same holder is not waited for again, so a daemon that stops is not held up once per write.
    const begin = performance.now();
    await expect(bucket.put("a", "refused")).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(performance.now() - begin).toBeLessThan(1_000);
    await stopped.resume();
    const revision = await bucket.put("a", "three");
    expect((await bucket.get("a"))?.string()).toBe("three");
    expect(revision).toBeLessThanOrEqual(5);
  });

  it("kv put ends with status 5 and names the process; when that is killed, the next put is made", async () => {
    const { status, signal, stderr } = run("put", "B", "a", "three");
    expect({ status, signal }).toEqual({ status: 5, signal: null });
    expect(stderr).toContain(`process ${stopped.pid} (stopped) holds its write lock`);
    await stopped.kill();
    expect(run("put", "B", "a", "three").status).toBe(0);
    expect(run("get", "B", "a").stdout).toContain("three");
  });

  it("a store that is closed while a put waits ends with that put", async () => {
    const store = await openStore(directory);
    const bucket = await store.openBucket("B");
    const put = bucket.put("a", "refused").catch((error: unknown) => error);
    await store.close();
    expect(await put).toMatchObject({ code: "TIMEOUT" });
  });
});
