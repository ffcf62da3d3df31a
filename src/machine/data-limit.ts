/** How much data a machine may keep: its record is written whole at each transition. */
import { MachinistError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json.ts";
import { formatSize } from "../lib/size.ts";

/** Of the data as JSON text. */
export const largestDataBytes = 512 * 1024;

/** @param occurrences those of its counters, which count too. @throws VALUE_TOO_LARGE naming the largest item; never with a value */
export function checkDataSize(machine: string, data: JsonObject, occurrences?: JsonObject): void {
  const bytes = bytesOf(data) + (occurrences === undefined ? 0 : bytesOf(occurrences));
  if (bytes <= largestDataBytes) return;
  const sizes = Object.entries(data).map(([name, value]) => ({ name, bytes: bytesOf(value) }));
  const largest = sizes.reduce((one, other) => (other.bytes > one.bytes ? other : one));
  throw new MachinistError(
    "VALUE_TOO_LARGE",
    `the data of machine ${machine} would be ${formatSize(bytes)}, at most ${formatSize(largestDataBytes)} are kept; item ${JSON.stringify(largest.name)} alone has ${formatSize(largest.bytes)}: keep large things in files or in a bucket`,
    { details: { machine, bytes, item: largest.name } },
  );
}

function bytesOf(value: JsonObject[string]): number {
  return Buffer.byteLength(JSON.stringify(value));
}
