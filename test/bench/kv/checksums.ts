/** What it costs to verify the checksum of each record that is read: the same gets with and without, in the same run. */
import { join } from "node:path";
import type { Environment } from "../../../src/kv/engines/lmdb/environment.ts";
import type { Records } from "../../../src/kv/engines/lmdb/integrity/checked-records.ts";
import { checksumBytes } from "../../../src/kv/engines/lmdb/integrity/checksum.ts";
import { acquireEngine, releaseEngine } from "../../../src/kv/engines/lmdb/shared-engines.ts";
import { openStore } from "../../../src/kv/open.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { silentLogger } from "../../../src/lib/logger.ts";
import { interleaved, type Report } from "../measure.ts";
import { keyAt } from "./loads.ts";

const keys = 1000;
const reads = 20_000;

export async function benchChecksums(report: Report, directory: string): Promise<void> {
  report.section("store: get with checksums verified, beside the same without");
  for (const size of [100, 10_240]) {
    const place = join(directory, String(size));
    await using store = await openStore(`lmdb:${place}`);
    const bucket = await store.createBucket("B", { history: 5 });
    await Promise.all(Array.from({ length: keys }, (_, index) => bucket.put(keyAt(index), "v".repeat(size))));
    // The engine of the store: one process has one for each directory.
    const engine = await acquireEngine(place, { clock: systemClock, log: silentLogger });
    const gets = async (): Promise<void> => {
      for (let index = 0; index < reads; index++) await bucket.get(keyAt(index % keys));
    };
    const [verified, unverified] = await interleaved(
      [gets, () => withoutVerification(engine.environment, gets)],
      { rounds: 9 },
    );
    await releaseEngine(engine);
    report.row({
      name: `get of ${size} B, time`,
      value: (verified * 1000) / reads,
      unit: "µs",
      ratio: verified / unverified,
      to: "the same without verification",
      target: "<= 1.1",
    });
  }
}

async function withoutVerification(environment: Environment, work: () => Promise<void>): Promise<void> {
  const checked = environment.fresh.bind(environment);
  const find = (key: Buffer): Buffer | undefined => {
    const bytes = environment.freshRaw().get(key);
    // As the checked look-up does: of lmdb-js' reusable buffer the length is a property of its own.
    if (bytes) (bytes as { length: number }).length -= checksumBytes;
    return bytes;
  };
  const fresh = (): Records => {
    const records = checked();
    return {
      get: find,
      peek: find,
      scan: (range, limit) => records.scan(range, limit),
      keys: (range, limit) => records.keys(range, limit),
    };
  };
  Object.defineProperty(environment, "fresh", { value: fresh, configurable: true });
  try {
    await work();
  } finally {
    Reflect.deleteProperty(environment, "fresh");
  }
}
