/** Opening the store for one command, and closing it whatever happens. */

import { existsSync } from "node:fs";
import type { Bucket, Store } from "../kv/store.ts";
import { usersStore } from "../kv/users-store.ts";
import { nearestName } from "../lib/did-you-mean.ts";
import { codeOf, MachinistError } from "../lib/errors.ts";
import type { Invocation, KvInvocation } from "./invocation.ts";

/** Works on the users' buckets of the configured store, beside a running daemon if there is one; or on the daemon's own. */
export async function withStore<Result>(
  invocation: KvInvocation,
  use: (store: Store) => Promise<Result>,
): Promise<Result> {
  await using store = invocation.isInternal
    ? await openInternal(invocation)
    : usersStore(await openConfigured(invocation, invocation.config.storeUrl));
  return await use(store);
}

/** For commands on what machinist itself keeps in the configured store: governors, messages of topics. */
export async function withWholeStore<Result>(
  invocation: Invocation,
  use: (store: Store) => Promise<Result>,
): Promise<Result> {
  await using store = await openConfigured(invocation, invocation.config.storeUrl);
  return await use(store);
}

/** @throws BUCKET_NOT_FOUND, with the name that was probably meant */
export async function withBucket(
  invocation: KvInvocation,
  name: string,
  use: (bucket: Bucket) => Promise<void>,
): Promise<void> {
  await withStore(invocation, async (store) => {
    const bucket = await store.openBucket(name).catch((error: unknown) => suggestBucket(store, name, error));
    await use(bucket);
  });
}

/** Rejects with `error`; one about a missing bucket also names the one that was probably meant. */
export async function suggestBucket(store: Store, name: string, error: unknown): Promise<never> {
  if (codeOf(error) !== "BUCKET_NOT_FOUND") throw error;
  const buckets = await store.listBuckets();
  const meant = nearestName(
    name,
    buckets.map(({ bucket }) => bucket),
  );
  const hint = meant
    ? `did you mean ${JSON.stringify(meant)}?`
    : `create it with \`machinist kv add ${name}\``;
  throw new MachinistError("BUCKET_NOT_FOUND", `there is no bucket ${JSON.stringify(name)}; ${hint}`, {
    cause: error,
    details: { bucket: name },
  });
}

export function keyNotFound(bucket: string, key: string, revision?: number): MachinistError {
  const at = revision === undefined ? "" : ` at revision ${revision}`;
  return new MachinistError(
    "KEY_NOT_FOUND",
    `key ${JSON.stringify(key)} not found in bucket ${JSON.stringify(bucket)}${at}`,
    { details: { bucket, key, ...(revision === undefined ? {} : { revision }) } },
  );
}

/** The daemon's own store, for the local user: its directory is readable for nobody else. @throws BUCKET_NOT_FOUND */
async function openInternal(invocation: Invocation): Promise<Store> {
  const { stateUrl } = invocation.config;
  const directory = stateUrl.replace("lmdb:", "");
  if (existsSync(directory)) return openConfigured(invocation, stateUrl);
  throw new MachinistError(
    "BUCKET_NOT_FOUND",
    `the daemon's own store ${directory} does not exist; \`machinist run\` creates it. Check --data`,
  );
}

/** The engine is loaded only here: it takes longer than all the rest of the command line. */
async function openConfigured({ config, surroundings }: Invocation, url: string): Promise<Store> {
  const { openStore } = await import("../kv/open.ts");
  const { createLogger } = await import("../lib/logger.ts");
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    colour: config.colour.stderr,
    destination: surroundings.stderr,
  });
  return openStore(url, { log, nats: config.nats });
}
