/** The timers that remove what has ended: what they do when the disk refuses, and when the bucket goes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkBucketConfig } from "../../src/kv/config.ts";
import type { BucketIdentity } from "../../src/kv/engines/lmdb/bucket-identity.ts";
import { Environment } from "../../src/kv/engines/lmdb/environment.ts";
import { Expiry } from "../../src/kv/engines/lmdb/expiry.ts";
import { create } from "../../src/kv/engines/lmdb/operations.ts";
import { emptyPayload } from "../../src/kv/engines/lmdb/payload.ts";
import { nextEnd } from "../../src/kv/engines/lmdb/reading.ts";
import { createBucket, destroyBucket } from "../../src/kv/engines/lmdb/registry.ts";
import { WriteQueue } from "../../src/kv/engines/lmdb/write-queue.ts";
import type { BucketConfig } from "../../src/kv/store.ts";
import { MachinistError } from "../../src/lib/errors.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { SimulatedClock, settle } from "../simulated-clock.ts";

describe("timers that remove what has ended", () => {
  let directory: string;
  let clock: SimulatedClock;
  let environment: Environment;
  let writes: WriteQueue;
  let expiry: Expiry;
  let isFull: boolean;
  let warnings: unknown[];
  let listening: Set<() => void>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    clock = new SimulatedClock();
    environment = new Environment(directory);
    isFull = false;
    warnings = [];
    listening = new Set();
    writes = new WriteQueue({
      environment,
      place: directory,
      now: () => clock.now(),
      committed: () => {
        for (const look of listening) look();
      },
    });
    expiry = new Expiry({
      clock,
      log: { ...silentLogger, warn: (_, fields) => warnings.push(fields) },
      environment,
      writes: {
        submit: (operation) => writes.submit(operation),
        submitBackground: (operation) =>
          isFull
            ? Promise.reject(new MachinistError("FAILED", "no room"))
            : writes.submitBackground(operation),
      },
      tailer: {
        expect: (look) => {
          listening.add(look);
          return () => listening.delete(look);
        },
      },
    });
  });

  afterEach(async () => {
    expiry.close();
    await writes.idle();
    await environment.close();
    await rm(directory, { recursive: true });
  });

  async function make(config: Partial<BucketConfig>): Promise<BucketIdentity> {
    const bucket = await writes.submit(createBucket("B", checkBucketConfig(config)));
    expiry.follow(bucket);
    return bucket;
  }

  /** When the next end is, in ms from now. */
  function nextEndIn(bucket: BucketIdentity): number | undefined {
    const end = nextEnd({ environment, bucket });
    return end === undefined ? undefined : end - clock.now();
  }

  it("try again after five seconds when the store refuses", async () => {
    const bucket = await make({ markerTtlMs: 60_000 });
    await writes.submit(create({ bucket, key: "a" }, emptyPayload, 2000));
    isFull = true;
    await clock.advance(2000);
    expect(warnings).toEqual([{ bucket: "B", error: "no room" }]);
    isFull = false;
    await clock.advance(4999);
    expect(nextEndIn(bucket)).toBe(-4999);
    await clock.advance(1);
    await writes.idle();
    expect(nextEndIn(bucket)).toBe(60_000);
    expect(warnings).toHaveLength(1);
  });

  it("follow what is written: one that ends sooner, one that is overwritten", async () => {
    const bucket = await make({ markerTtlMs: 60_000 });
    expect(clock.armed).toBe(0);
    await writes.submit(create({ bucket, key: "a" }, emptyPayload, 9000));
    expect(clock.nextInMs).toBe(9000);
    await writes.submit(create({ bucket, key: "b" }, emptyPayload, 2000));
    expect(clock.nextInMs).toBe(2000);
    await writes.submit((batch) => batch.bucket(bucket).append("b", "PUT", emptyPayload));
    expect(clock.nextInMs).toBe(9000);
    await writes.submit((batch) => batch.bucket(bucket).append("a", "PUT", emptyPayload));
    expect(clock.armed).toBe(0);
  });

  it.each([{ markerTtlMs: 60_000 }, { ttlMs: 2000 }])(
    "rest when the bucket is destroyed: %j",
    async (config) => {
      const bucket = await make(config);
      await writes.submit(create({ bucket, key: "a" }, emptyPayload, 2000));
      await writes.submit(destroyBucket("B"));
      await clock.advance(10_000);
      await settle();
      expect({ armed: clock.armed, listening: listening.size, warnings }).toEqual({
        armed: 0,
        listening: 0,
        warnings: [],
      });
    },
  );

  it("are none for a bucket whose entries never end", async () => {
    await make({});
    expect({ armed: clock.armed, listening: listening.size }).toEqual({ armed: 0, listening: 0 });
  });
});
