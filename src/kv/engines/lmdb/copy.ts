/** A copy of one state of a whole store, which other processes may go on writing. */
import { prepareDirectory } from "./directory.ts";
import type { EngineOptions } from "./engine.ts";
import { acquireEngine, releaseEngine } from "./shared-engines.ts";

/**
 * Buckets keep their revisions and history. What was removed takes no room in the copy.
 * @param target a directory that is missing or empty; made for its user only
 * @throws as Engine.open
 */
export async function copyLmdbStore(source: string, target: string, options: EngineOptions): Promise<void> {
  const engine = await acquireEngine(source, options);
  try {
    await engine.environment.copyTo(prepareDirectory(target));
  } finally {
    await releaseEngine(engine);
  }
}
