/** Which runs are kept: so many per watcher, and so many bytes in all. The oldest go first; those still written to stay. */
import { readdirSync, rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { runOfFile } from "./places.ts";

/** What is removed must leave some room, or each run would begin a search. */
const keptShare = 0.9;

/** What the runs of a data directory may take. */
export interface LogLimits {
  /** Bytes of one run's output. */
  readonly maxRunSize: number;
  /** Runs of each watcher. */
  readonly runs: number;
  /** Bytes of all runs. */
  readonly maxTotalSize: number;
}

export const defaultLogLimits: LogLimits = {
  maxRunSize: 1024 * 1024,
  runs: 20,
  maxTotalSize: 256 * 1024 * 1024,
};

interface KeptRun {
  readonly directory: string;
  readonly run: number;
  bytes: number;
  modifiedMs: number;
}

/** Numbers the runs of one watcher, and removes the oldest of them. */
export class RunNumbers {
  readonly #directory: string;
  readonly #kept: number[];
  #last: number;

  constructor(directory: string) {
    this.#directory = directory;
    const runs = list(directory).flatMap((name) => runOfFile(name) ?? []);
    this.#kept = [...new Set(runs)].sort((left, right) => left - right);
    this.#last = this.#kept.at(-1) ?? 0;
  }

  next(): number {
    this.#last += 1;
    this.#kept.push(this.#last);
    return this.#last;
  }

  /** Removes all but the newest `most`. */
  prune(most: number, isInUse: (directory: string, run: number) => boolean): void {
    for (const run of this.#kept.slice(0, Math.max(this.#kept.length - most, 0))) {
      if (isInUse(this.#directory, run)) continue;
      this.#kept.splice(this.#kept.indexOf(run), 1);
      removeRun(this.#directory, run);
    }
  }
}

/** Removes the oldest runs of all watchers when they take more than `most` bytes together. @returns bytes that are left */
export async function pruneAll(
  root: string,
  most: number,
  isInUse: (directory: string, run: number) => boolean,
): Promise<number> {
  const runs = await allRuns(root);
  let bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
  if (bytes <= most) return bytes;
  for (const run of runs.sort((left, right) => left.modifiedMs - right.modifiedMs)) {
    if (bytes <= most * keptShare) break;
    if (isInUse(run.directory, run.run)) continue;
    removeRun(run.directory, run.run);
    bytes -= run.bytes;
  }
  return bytes;
}

async function allRuns(root: string): Promise<KeptRun[]> {
  const found: KeptRun[] = [];
  for (const owner of await listLater(root)) {
    for (const part of await listLater(join(root, owner))) {
      found.push(...(await runsIn(join(root, owner, part))));
    }
  }
  return found;
}

async function runsIn(directory: string): Promise<KeptRun[]> {
  const runs = new Map<number, KeptRun>();
  for (const name of await listLater(directory)) {
    const run = runOfFile(name);
    const stats = run === undefined ? undefined : await stat(join(directory, name)).catch(() => undefined);
    if (run === undefined || !stats) continue;
    const kept = runs.get(run) ?? { directory, run, bytes: 0, modifiedMs: 0 };
    runs.set(run, kept);
    kept.bytes += stats.size;
    kept.modifiedMs = Math.max(kept.modifiedMs, stats.mtimeMs);
  }
  return [...runs.values()];
}

function removeRun(directory: string, run: number): void {
  for (const name of list(directory))
    if (runOfFile(name) === run) rmSync(join(directory, name), { force: true });
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

async function listLater(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
