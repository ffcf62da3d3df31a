/** What a daemon tells of itself at `/v1/status`: what it is, what runs, and how its host bears it. */
import { existsSync } from "node:fs";
import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "./config/config.ts";
import { shownStore } from "./config/settings.ts";
import type { HelperRunner } from "./exec/helper-runner.ts";
import type { DaemonStatus } from "./http/daemon-routes.ts";
import type { Clock } from "./lib/clock.ts";
import { packageVersion } from "./lib/package.ts";
import type { Activity } from "./metrics/activity.ts";
import { healthOf } from "./supervisor/health.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";
import type { RunningTopics } from "./topics/topics.ts";

export interface StatusParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly identity: string;
  readonly supervisor: Supervisor;
  readonly commands: Pick<HelperRunner, "tracking">;
  readonly activity: Activity;
  readonly topics: RunningTopics | undefined;
}

/** @returns what tells the status at any time, and what is to be called when it is known where it answers on TCP */
export function statusOf(parts: StatusParts) {
  const { config, clock, identity, supervisor, commands, activity, topics } = parts;
  const started = new Date(clock.now()).toISOString();
  const { dataDirectory, storeUrl } = config;
  let http: string | null = null;
  const status = async (): Promise<DaemonStatus> => {
    const machines: Record<string, number> = {};
    for (const health of supervisor.slots.map(healthOf)) machines[health] = (machines[health] ?? 0) + 1;
    return {
      version: packageVersion(),
      pid: process.pid,
      started,
      identity,
      dataDirectory,
      store: shownStore(storeUrl),
      engine: storeUrl.startsWith("lmdb:") ? "lmdb" : "nats",
      http,
      machines,
      topics: topics !== undefined,
      topicsMissed: topics?.missed ?? 0,
      commandTracking: commands.tracking ?? null,
      disk: await diskOf(dataDirectory),
      eventLoopDelayMs: activity.eventLoopDelayMs(),
      memoryBytes: process.memoryUsage.rss(),
    };
  };
  return {
    status,
    isAt: (url: string | undefined): void => {
      http = url ?? null;
    },
  };
}

async function diskOf(dataDirectory: string): Promise<DaemonStatus["disk"]> {
  const { bsize, bavail, blocks } = await statfs(dataDirectory);
  const sizes = await Promise.all(["state", "store"].map((name) => bytesIn(join(dataDirectory, name))));
  const storeBytes = sizes.reduce((sum, size) => sum + size, 0);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize, storeBytes };
}

/** What its files take on the disk: those of the store are longer than what is in them. */
async function bytesIn(directory: string): Promise<number> {
  if (!existsSync(directory)) return 0;
  const files = await readdir(directory);
  const found = await Promise.all(files.map((name) => stat(join(directory, name))));
  return found.reduce((sum, { blocks }) => sum + blocks * 512, 0);
}
