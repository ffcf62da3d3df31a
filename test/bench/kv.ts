/**
 * The embedded store against what it is made of, in the same run: raw lmdb (durable puts of one record), and the disk itself
 * (fdatasync of one page). Values of 100 B and of 10 KB, history 5, a few thousand keys.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { openStore } from "../../src/kv/open.ts";
import type { Bucket, Store } from "../../src/kv/store.ts";
import { interleaved, median, percentile, type Report } from "./measure.ts";

const keys = 2000;
const rounds = 5;

/** Takes less than a minute. */
export async function benchKv(report: Report): Promise<void> {
  for (const size of [100, 10_240]) {
    const directory = await mkdtemp(join(tmpdir(), "machinist-bench-"));
    const store = await openStore(join(directory, "store"));
    const raw = open<Buffer, string>({
      path: join(directory, "raw"),
      overlappingSync: false,
      encoding: "binary",
    });
    const disk = openSync(join(directory, "disk"), "w");
    try {
      const bucket = await store.createBucket("BENCH", { history: 5 });
      const contenders = { bucket, raw, disk, value: Buffer.alloc(size, 0x78) };
      report.section(`store: values of ${size === 100 ? "100 B" : "10 KB"}, history 5`);
      await fill(contenders);
      await benchWrites(report, contenders);
      await benchReads(report, contenders);
      await benchWatch(report, contenders);
    } finally {
      closeSync(disk);
      await raw.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    }
  }
}
