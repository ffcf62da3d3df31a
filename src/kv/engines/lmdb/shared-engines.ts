/** One engine per directory in this process: LMDB loses its locks when a process opens a file twice. */
import type { MachinistError } from "../../../lib/errors.ts";
import { prepareDirectory } from "./directory.ts";
import { Engine, type EngineOptions } from "./engine.ts";

interface Shared {
  readonly engine: Promise<Engine>;
  users: number;
}

const open = new Map<string, Shared>();
const closing = new Map<string, Promise<void>>();

/** To be released once per call. The first caller's clock and log serve all. @throws as Engine.open */
export async function acquireEngine(directory: string, options: EngineOptions): Promise<Engine> {
  const place = prepareDirectory(directory);
  while (closing.has(place)) await closing.get(place);
  const shared = open.get(place) ?? { engine: Engine.open(place, options), users: 0 };
  open.set(place, shared);
  shared.users++;
  try {
    return await shared.engine;
  } catch (error) {
    if (open.get(place) === shared) open.delete(place);
    throw error;
  }
}

/** Why writes to a store that is open in this process fail; undefined when none is known to fail. */
export async function openStoreFailure(): Promise<MachinistError | undefined> {
  for (const { engine } of open.values()) {
    const failure = (await engine.catch(() => undefined))?.health.failure;
    if (failure) return failure;
  }
  return undefined;
}

/** Resolves when what was submitted is settled, and, for the last user, when the files are closed. */
export async function releaseEngine(engine: Engine): Promise<void> {
  const shared = open.get(engine.place);
  if (!shared) return;
  shared.users--;
  if (shared.users > 0) return engine.writes.idle();
  open.delete(engine.place);
  const closed = engine.close().finally(() => closing.delete(engine.place));
  closing.set(engine.place, closed);
  return closed;
}
