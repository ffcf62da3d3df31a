/** A record that is damaged while the store is open: those who follow it get the error, and the process goes on. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { stateKey } from "../../../src/kv/engines/lmdb/layout.ts";
import { openStore } from "../../../src/kv/open.ts";
import { flipBitOf } from "./damage.ts";

it("the state of a bucket: its watches end with STORE_DAMAGED, other buckets are read and written", async () => {
  const directory = await mkdtemp(join(tmpdir(), "machinist-damage-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const logged: string[] = [];
  const log = { debug: note, info: note, warn: note, error: note, with: () => log };
  function note(message: string): void {
    logged.push(message);
  }
  await using store = await openStore(directory, { log });
  const bucket = await store.createBucket("B", { ttlMs: 3_600_000, markerTtlMs: 60_000 });
  const other = await store.createBucket("OTHER");
  await bucket.put("a", "1");
  await using watch = bucket.watch("a", { updatesOnly: true });
  expect((await watch.next()).value).toMatchObject({ operation: "READY" });
  const ended = watch.next();
  await flipBitOf(stateKey(1), directory);
  await expect(ended).rejects.toMatchObject({ code: "STORE_DAMAGED", details: { bucket: "B" } });
  expect(await other.put("a", "1")).toBe(1);
  expect((await other.get("a"))?.string()).toBe("1");
  await expect.poll(() => logged).toContain("entries of a bucket cannot be expired; trying again");
});
