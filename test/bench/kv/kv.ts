/**
 * The key-value store against its peers in the same run: what it is made of (raw lmdb, the disk itself), other stores in files
 * (classic-level, unstorage), and NATS, both as an engine and as a peer. Takes some six minutes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../measure.ts";
import { benchAcrossProcesses } from "./across-processes.ts";
import { benchChecksums } from "./checksums.ts";
import { withContenders } from "./contenders.ts";
import { benchGrowth, benchManyWatches } from "./growth.ts";
import { benchKills } from "./kills.ts";
import { benchOneProcess } from "./one-process.ts";
import { startNats } from "./peers.ts";
import { benchStockClient } from "./stock-client.ts";

export async function benchKv(report: Report): Promise<void> {
  for (const size of [100, 10_240]) {
    await inDirectory(async (directory) => {
      await using nats = await startNats("default", directory);
      await using always = await startNats("always", directory);
      const places = { directory, nats: nats.url, always: always.url };
      await withContenders(size, places, (contenders) => benchOneProcess(report, contenders));
    });
  }
  await inDirectory(async (directory) => {
    await using nats = await startNats("default", directory);
    await benchStockClient(report, nats.url);
  });
  for (const bench of [benchChecksums, benchAcrossProcesses, benchKills, benchGrowth, benchManyWatches]) {
    await inDirectory((directory) => bench(report, directory));
  }
}

/** A fresh one for each, so that none meets what another left in it. */
async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "machinist-bench-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
