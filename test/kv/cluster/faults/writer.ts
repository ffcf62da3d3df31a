/** Writes keys of their own while nodes fail: a put that is not acknowledged is sent again. */

import type { Bucket } from "../../../../src/kv/store.ts";
import { MachinistError } from "../../../../src/lib/errors.ts";
import type { Acknowledged } from "./acknowledged.ts";

/** Puts that are under way at a time. */
const atOnce = 10;
const fillerBytes = 200_000;
const fillerKeys = 10;

/** @param work is called for 0 to count - 1 */
async function inLanes(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

export async function putKeys(
  bucket: Bucket,
  { prefix, count }: { readonly prefix: string; readonly count: number },
  acknowledged: Acknowledged,
): Promise<void> {
  await inLanes(count, async (at) => {
    const key = `${prefix}-${at}`;
    acknowledged.add(await untilDone(() => bucket.put(key, "1")), key);
  });
}

/** Writes to keys that no reader asks for: what a follower that was away has to catch up with first. */
export async function fill(bucket: Bucket, megabytes: number): Promise<void> {
  const filler = "x".repeat(fillerBytes);
  await inLanes(Math.ceil((megabytes * 1_000_000) / fillerBytes), async (at) => {
    await untilDone(() => bucket.put(`fill.${at % fillerKeys}`, filler));
  });
}

/** Repeats what fails because nodes are away; every attempt takes its own time to fail. */
export async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error)) throw error;
    }
  }
}

export function isOutage(error: unknown): boolean {
  return error instanceof MachinistError && ["TIMEOUT", "FAILED"].includes(error.code);
}
