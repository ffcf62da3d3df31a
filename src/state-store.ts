/**
 * The daemon's own store, `DATA/state`: records of machines and parsed documents. No KV surface opens it, so that whoever may
 * write keys can neither move a machine nor forge what it runs. Until version 0.1.0 its buckets lay among the users'.
 */
import { existsSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Config } from "./config/config.ts";
import { copyStore, type OpenOptions, openStore } from "./kv/open.ts";
import type { Store } from "./kv/store.ts";
import { noteBucketName, recordBucketName } from "./machine/record-buckets.ts";
import { documentBucketName } from "./supervisor/known-documents.ts";

type Options = Pick<OpenOptions, "clock" | "log">;

/** Documents are not taken over: those of an earlier layout may be forged, and are parsed again. */
const takenOver = [recordBucketName, noteBucketName];
const ofEarlierLayout = [...takenOver, documentBucketName];

/** Opens it; what an earlier machinist kept in `DATA/store` is moved first. @throws store errors */
export async function openStateStore(
  { dataDirectory, stateUrl }: Pick<Config, "dataDirectory" | "stateUrl">,
  options: Options,
): Promise<Store> {
  await moveFromUsersStore(dataDirectory, options);
  return openStore(stateUrl, options);
}

/** Repeated from its beginning when the daemon died in it: the rename is the moment from which `DATA/state` counts. */
async function moveFromUsersStore(dataDirectory: string, options: Options): Promise<void> {
  const source = join(dataDirectory, "store");
  if (!existsSync(join(source, "data.mdb"))) return;
  await using users = await openStore(`lmdb:${source}`, options);
  const names = new Set((await users.listBuckets()).map(({ bucket }) => bucket));
  const old = ofEarlierLayout.filter((name) => names.has(name));
  if (old.length === 0) return;
  const target = join(dataDirectory, "state");
  if (!existsSync(target) && names.has(recordBucketName)) await copyOwnBuckets(source, target, options);
  // What is here besides `DATA/state` is never read again, whoever made it.
  for (const name of old) await users.destroyBucket(name);
  options.log?.info("the daemon's own buckets were moved out of the users' store", {
    from: source,
    to: target,
  });
}

async function copyOwnBuckets(source: string, target: string, options: Options): Promise<void> {
  const work = `${target}.tmp`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { mode: 0o700 });
  const whole = join(work, "whole");
  await copyStore(source, whole, options);
  {
    await using copy = await openStore(whole, options);
    for (const { bucket } of await copy.listBuckets())
      if (!takenOver.includes(bucket)) await copy.destroyBucket(bucket);
  }
  // Once more, because what was removed from the first copy still takes its room there.
  const copy = join(work, "state");
  await copyStore(whole, copy, options);
  // The buckets in the users' store are removed next: a power cut must not lose both.
  await toDisk(join(copy, "data.mdb"));
  await toDisk(copy);
  await rename(copy, target);
  await toDisk(dirname(target));
  await rm(work, { recursive: true });
}

async function toDisk(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}
