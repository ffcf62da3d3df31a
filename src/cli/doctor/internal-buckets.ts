/** The daemon's own buckets: whether they exist, and whether every record in them can be read. Makes nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import type { Bucket, Store } from "../../kv/store.ts";
import { codeOf, messageOf } from "../../lib/errors.ts";
import { readRecord } from "../../machine/record.ts";
import { noteBucketName, recordBucketName } from "../../machine/record-buckets.ts";
import { type Check, ok, problem } from "./check.ts";

const check = "Machines: Records";

/** None before a daemon has run. */
export async function internalBucketChecks({ stateUrl }: Config): Promise<readonly Check[]> {
  if (!existsSync(join(stateUrl.replace("lmdb:", ""), "data.mdb"))) return [];
  const { openStore } = await import("../../kv/open.ts");
  try {
    await using store = await openStore(stateUrl);
    return [...(await recordChecks(store)), ...(await noteChecks(store))];
  } catch (error) {
    // What is wrong with the store as a whole is another check's to say.
    return codeOf(error) === "STORE_DAMAGED" ? [] : [problem(check, messageOf(error))];
  }
}

async function recordChecks(store: Store): Promise<Check[]> {
  const bucket = await find(store, recordBucketName);
  if (!bucket) return [missing(recordBucketName, "all machines start over in their initial state")];
  const problems: Check[] = [];
  let readable = 0;
  for await (const machine of bucket.keys(">")) {
    try {
      const entry = await bucket.get(machine);
      if (entry) readRecord(entry.string(), machine);
      readable += 1;
    } catch (error) {
      problems.push(problem(`Machine ${machine}`, messageOf(error)));
    }
  }
  return problems.length > 0 ? problems : [ok(check, `${readable} records of machines, all readable`)];
}

async function noteChecks(store: Store): Promise<Check[]> {
  if (await find(store, noteBucketName)) return [];
  return [missing(noteBucketName, "watchers look again at what they have seen since their last transition")];
}

function missing(bucket: string, consequence: string): Check {
  return problem(
    check,
    `bucket ${bucket} is missing: a daemon that runs writes it again at once; without one, ${consequence}. Start \`machinist run\`, or restore a backup with \`machinist restore\``,
  );
}

async function find(store: Store, name: string): Promise<Bucket | undefined> {
  try {
    return await store.openBucket(name);
  } catch (error) {
    if (codeOf(error) === "BUCKET_NOT_FOUND") return undefined;
    throw error;
  }
}
