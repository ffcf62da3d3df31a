/** Topics as part of the daemon: only where there is a directory of handlers. */
import { existsSync } from "node:fs";
import type { Config } from "./config/config.ts";
import { type RunningTopics, startTopics, type TopicsOptions } from "./topics/topics.ts";

/** @returns undefined when no directory of handlers exists */
export async function startConfiguredTopics(
  config: Config,
  parts: Pick<TopicsOptions, "store" | "commands" | "clock" | "log">,
): Promise<RunningTopics | undefined> {
  const { directories, timeoutMs, concurrency, attempts } = config.topics;
  const directory = directories.find((candidate) => existsSync(candidate));
  if (directory === undefined) return undefined;
  parts.log.info("topics are handled", { directory });
  return startTopics({
    ...parts,
    directory,
    timeoutMs,
    concurrency,
    attempts,
    drainMs: config.drainTimeoutMs,
    environment: {
      MACHINIST_DATA: config.dataDirectory,
      MACHINIST_STORE: config.storeUrl,
      MACHINIST_SOCKET: config.socketPath,
      ...(config.file !== undefined && { MACHINIST_CONFIG: config.file }),
    },
  });
}
