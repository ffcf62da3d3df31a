/** What a process holds: as Linux counts it. */
import { readdir, readFile } from "node:fs/promises";

export interface Vitals {
  readonly descriptors: number;
  /** Its own memory, without files that are mapped: MiB. */
  readonly memoryMiB: number;
}

/** More than this after the warm-up is a leak; a collected heap is never so much larger than before. */
const mostMoreDescriptors = 8;
const mostMoreMiB = 160;

export async function vitalsOf(pid: number): Promise<Vitals> {
  const descriptors = (await readdir(`/proc/${pid}/fd`)).length;
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  return { descriptors, memoryMiB: Math.round(Number(kib) / 1024) };
}

/** @returns what grew too much */
export function leaks(before: Vitals, after: Vitals): string[] {
  const descriptors = after.descriptors - before.descriptors;
  const memory = after.memoryMiB - before.memoryMiB;
  return [
    ...(descriptors > mostMoreDescriptors
      ? [`${descriptors} more file descriptors than after the warm-up`]
      : []),
    ...(memory > mostMoreMiB ? [`${memory} MiB more than after the warm-up`] : []),
  ];
}
