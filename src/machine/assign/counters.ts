/**
 * Counters with a window: items of data that are the number of occurrences within the last hour, or however long. The times are
 * kept beside the data; the item itself is a plain number, which falls as occurrences grow old. Pure.
 */
import { mostOccurrences } from "../../definition/assignments/schema.ts";
import type { TransitionDefinition } from "../../definition/shape.ts";
import type { Json, JsonObject } from "../../lib/json.ts";

/** Key → when each occurrence that still counts happened, ms since 1970, in order. */
export type Occurrences = Readonly<Record<string, readonly number[]>>;

/** What transitions change, and the `context` of a compiled machine. */
export interface MachineData {
  readonly data: JsonObject;
  readonly occurrences: Occurrences;
}

export const noData: MachineData = { data: {}, occurrences: {} };

/** Key → length of its window in ms. */
export type Windows = ReadonlyMap<string, number>;

const noWindows: Windows = new Map();

export function windowsOf(transitions: readonly Pick<TransitionDefinition, "assignments">[]): Windows {
  const windows = transitions.flatMap(({ assignments }) =>
    (assignments?.increments ?? []).flatMap(({ key, windowMs }) =>
      windowMs === undefined ? [] : [[key, windowMs] as const],
    ),
  );
  return windows.length === 0 ? noWindows : new Map(windows);
}

/**
 * The data as it is now. An item that somebody set to another number counts as so many occurrences now.
 * @returns the same objects when nothing is other than before
 */
export function dataAt(from: MachineData, windows: Windows, nowMs: number): MachineData {
  let { data, occurrences } = from;
  for (const [key, windowMs] of windows) {
    const item = own(data, key);
    const kept = own(occurrences, key) ?? [];
    const times = timesAt(item, kept, { windowMs, nowMs });
    if (times !== kept) occurrences = { ...occurrences, [key]: times };
    if (isCount(item) && item !== times.length) data = { ...data, [key]: times.length };
  }
  return data === from.data && occurrences === from.occurrences ? from : { data, occurrences };
}

/** How often something happened: what a counter may be. */
export function isCount(item: Json | undefined): item is number {
  return typeof item === "number" && Number.isSafeInteger(item) && item >= 0;
}

/** @returns the same list when all of it still counts */
function timesAt(
  item: Json | undefined,
  kept: readonly number[],
  { windowMs, nowMs }: { readonly windowMs: number; readonly nowMs: number },
): readonly number[] {
  if (!isCount(item)) return kept.length === 0 ? kept : [];
  if (item !== kept.length) return repeated(nowMs, item);
  // What lies in the future was written before the clock was set back: it must not count for years.
  const counting = kept.filter((timeMs) => Math.abs(nowMs - timeMs) < windowMs);
  return counting.length === kept.length ? kept : counting;
}

/** After `by` more occurrences; at most so many are kept, the newest. */
export function withMore(times: readonly number[], by: number, nowMs: number): readonly number[] {
  return [...times, ...repeated(nowMs, by)].slice(-mostOccurrences);
}

function repeated(timeMs: number, count: number): readonly number[] {
  return Array.from({ length: Math.min(count, mostOccurrences) }, () => timeMs);
}

function own<Value>(object: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
