/**
 * Where the output of runs lies in a data directory: `logs/OWNER/PART`, one directory per watcher of a machine or handler of a
 * topic, and in it the files of each run: `N.jsonl` (what is known of the run), and what it wrote. Does no I/O.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";

/** Whose runs: a machine and one of its watchers, or `@TOPIC` and one of its handlers. */
export interface LogPlace {
  readonly owner: string;
  readonly part: string;
}

/** A run's output is one stream, or two where a watcher reads standard output alone. In the order in which they are shown. */
export const streams = ["log", "out", "err"] as const;
export type Stream = (typeof streams)[number];

const longestName = 200;

export function logsRoot(dataDirectory: string): string {
  return join(dataDirectory, "logs");
}

export function ownerDirectory(dataDirectory: string, owner: string): string {
  return join(logsRoot(dataDirectory), directoryName(owner));
}

export function directoryOf(dataDirectory: string, { owner, part }: LogPlace): string {
  return join(ownerDirectory(dataDirectory, owner), directoryName(part));
}

export function metaFile(directory: string, run: number): string {
  return join(directory, `${run}.jsonl`);
}

export function streamFile(directory: string, run: number, stream: Stream): string {
  return join(directory, `${run}.${stream}`);
}

/** The run that a file belongs to; undefined for a file that is none of a run's. */
export function runOfFile(name: string): number | undefined {
  const match = /^([1-9]\d{0,14})\.(jsonl|log|out|err)(\.head|\.tail)?$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** One path segment, whatever the name holds. */
function directoryName(name: string): string {
  const escaped = encodeURIComponent(name).replace(/^%40/, "@").replace(/^\./, "%2E");
  if (escaped.length <= longestName) return escaped || "%";
  return `${escaped.slice(0, longestName - 20)}~${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
}
