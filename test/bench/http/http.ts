/** HTTP: what the daemon costs beside a bare server that does the same with the same store, and what many readers of events cost. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../measure.ts";
import { benchRequests } from "./requests.ts";
import { benchStreams } from "./streams.ts";

export async function benchHttp(report: Report): Promise<void> {
  for (const bench of [benchRequests, benchStreams]) {
    const directory = await mkdtemp(join(tmpdir(), "machinist-bench-"));
    try {
      await bench(report, directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}
