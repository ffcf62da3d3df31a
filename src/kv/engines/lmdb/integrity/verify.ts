/** Reads every page and every record of a store, and lists what is damaged. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { MachinistError } from "../../../../lib/errors.ts";
import { faultOfDataFile } from "../data-file.ts";
import type { EngineOptions } from "../engine.ts";
import { damagedStore } from "../failures.ts";
import { bucketNameOf, kindOf, partsOf } from "../layout.ts";
import { decodeBucket, decodeHead, decodeState } from "../records.ts";
import { acquireEngine, releaseEngine } from "../shared-engines.ts";
import type { CheckedRecords } from "./checked-records.ts";

export interface Verification {
  readonly records: number;
  /** One STORE_DAMAGED for each damaged record, or one for the whole file. */
  readonly damage: readonly MachinistError[];
}

/** Makes nothing; other processes may use the store meanwhile. @throws as Engine.open, except for STORE_DAMAGED */
export async function verifyLmdb(directory: string, options: EngineOptions): Promise<Verification> {
  const place = resolve(directory);
  const file = join(place, "data.mdb");
  if (!existsSync(file)) return { records: 0, damage: [] };
  try {
    // Before LMDB opens it: it may end the process on a damaged page.
    const fault = faultOfDataFile(file, { everything: true });
    if (fault !== undefined) throw damagedStore(place, `data.mdb is damaged, ${fault}`);
    const engine = await acquireEngine(place, options);
    try {
      return verifyRecords(engine.environment.fresh(), place);
    } finally {
      await releaseEngine(engine);
    }
  } catch (error) {
    if (error instanceof MachinistError && error.code === "STORE_DAMAGED")
      return { records: 0, damage: [error] };
    throw error;
  }
}

/** What the records of a bucket say about the number of its entries. */
interface Counts {
  name?: string;
  /** In its state record. */
  expected?: number;
  heads: number;
  log: number;
}

/** In one turn of the event loop, so that all records are of one commit. */
function verifyRecords(records: CheckedRecords, place: string): Verification {
  const damage: MachinistError[] = [];
  const buckets = new Map<number, Counts>();
  let count = 0;
  for (const { key, content, error } of records.examine()) {
    count++;
    if (error) damage.push(error);
    else tally(buckets, key, content);
  }
  if (damage.length > 0) return { records: count, damage };
  for (const { name, expected, heads, log } of buckets.values()) {
    if (expected === undefined || (expected === heads && expected === log)) continue;
    const found = `bucket ${name} has ${log} entries and ${heads} places for them; expected ${expected}`;
    damage.push(damagedStore(place, found));
  }
  return { records: count, damage };
}

function tally(buckets: Map<number, Counts>, key: Buffer, content: Buffer): void {
  const kind = kindOf(key);
  const id = kind === "bucket" ? decodeBucket(content).id : partsOf(key).id;
  if (id === undefined) return;
  const counts = buckets.get(id) ?? { heads: 0, log: 0 };
  buckets.set(id, counts);
  if (kind === "bucket") counts.name = bucketNameOf(key);
  else if (kind === "state") counts.expected = decodeState(content).values;
  else if (kind === "head") counts.heads += 1 + decodeHead(content).older.length;
  else if (kind === "log") counts.log++;
}
