/** Opening the store for one command, and closing it whatever happens. */

import type { Bucket, Store } from "../kv/store.ts";
import { nearestName } from "../lib/did-you-mean.ts";
import { codeOf, MachinistError } from "../lib/errors.ts";
import type { Invocation } from "./invocation.ts";

/** Works on the configured store, beside a running daemon if there is one. */
export async function withStore<Result>(
  invocation: Invocation,
  use: (store: Store) => Promise<Result>,
): Promise<Result> {
  await using store = await openConfigured(invocation);
  return await use(store);
}

/** @throws BUCKET_NOT_FOUND, with the name that was probably meant */
export async function withBucket(
  invocation: Invocation,
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

/** The engine is loaded only here: it takes longer than all the rest of the command line. */
async function openConfigured({ config, surroundings }: Invocation): Promise<Store> {
  const { openStore } = await import("../kv/open.ts");
  const { createLogger } = await import("../lib/logger.ts");
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    colour: config.colour.stderr,
    destination: surroundings.stderr,
  });
  return openStore(config.storeUrl, { log, nats: config.nats });
}
