/** When the logs are looked at, told apart from who asks for it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Batch } from "../../src/kv/engines/lmdb/batch.ts";
import type { BucketIdentity } from "../../src/kv/engines/lmdb/bucket-identity.ts";
import { Doorbell } from "../../src/kv/engines/lmdb/doorbell.ts";
import { Environment } from "../../src/kv/engines/lmdb/environment.ts";
import { put } from "../../src/kv/engines/lmdb/operations.ts";
import { preparePayload } from "../../src/kv/engines/lmdb/payload.ts";
import { createBucket } from "../../src/kv/engines/lmdb/registry.ts";
import { Tailer } from "../../src/kv/engines/lmdb/tailer.ts";
import { compileFilter } from "../../src/kv/names.ts";
import { defaultBucketConfig } from "../../src/kv/store.ts";
import { silentLogger } from "../../src/lib/logger.ts";
import { SimulatedClock } from "../simulated-clock.ts";

/** A doorbell that rings when the test says so. */
class HandBell extends Doorbell {
  pull: (() => void) | undefined;

  override listen(heard: () => void): void {
    this.pull = heard;
  }

  override silence(): void {
    this.pull = undefined;
  }
}

describe("the follower of the logs", () => {
  let directory: string;
  let environment: Environment;
  let clock: SimulatedClock;
  let bell: HandBell;
  let committing: boolean;
  let tailer: Tailer;
  let bucket: BucketIdentity;
  let offered: number[];

  const listener = {
    filter: compileFilter(">"),
    offer: ({ revision }: { revision: number }) => void offered.push(revision),
    finish: () => undefined,
  };
  const view = () => ({ environment, bucket, now: () => clock.now() });

  /** As another process would: nobody here is told. */
  const writeElsewhere = (): Promise<number> =>
    environment.write((records) => {
      const batch = new Batch(records, clock.now());
      const revision = put({ bucket, key: "a" }, preparePayload("value", false))(batch);
      batch.flush();
      return revision;
    });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "machinist-kv-"));
    environment = new Environment(directory);
    clock = new SimulatedClock();
    bell = new HandBell(directory, silentLogger);
    committing = false;
    tailer = new Tailer({ doorbell: bell, clock, committing: () => committing });
    bucket = await environment.write((records) =>
      createBucket("B", defaultBucketConfig)(new Batch(records, 0)),
    );
    offered = [];
  });

  afterEach(async () => {
    bell.close();
    await environment.close();
    await rm(directory, { recursive: true });
  });

  it("a ring brings what is new, once", async () => {
    tailer.attach(view(), listener);
    await writeElsewhere();
    bell.pull?.();
    bell.pull?.();
    expect(offered).toEqual([1]);
    tailer.detach(view(), listener);
  });

  it("a ring while this process commits is answered after the commit", async () => {
    tailer.attach(view(), listener);
    await writeElsewhere();
    committing = true;
    bell.pull?.();
    expect(offered).toEqual([]);
    await environment.write((records) => tailer.committed(new Batch(records, 0)));
    expect(offered).toEqual([1]);
    tailer.detach(view(), listener);
  });

  it("a lost ring is made up for every 500 ms, only while somebody watches", async () => {
    tailer.attach(view(), listener);
    await writeElsewhere();
    await clock.advance(499);
    expect(offered).toEqual([]);
    await clock.advance(1);
    expect(offered).toEqual([1]);
    tailer.detach(view(), listener);
    expect(clock.armed).toBe(0);
    expect(bell.pull).toBeUndefined();
  });
});
