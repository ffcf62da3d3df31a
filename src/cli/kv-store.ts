/** Opening the store for one command, and closing it whatever happens. Only a command that adds something creates a store. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isRemote, type RemoteDaemon, shownDaemon } from "../config/daemon-address.ts";
import { shownStore } from "../config/settings.ts";
import type { Bucket, Store } from "../kv/store.ts";
import { usersStore } from "../kv/users-store.ts";
import { nearestName } from "../lib/did-you-mean.ts";
import { codeOf, MachinistError } from "../lib/errors.ts";
import type { Invocation, KvInvocation } from "./invocation.ts";

export interface StoreUse {
  /** The command adds a bucket: a missing embedded store is created. Default: false, STORE_NOT_FOUND. */
  readonly creates?: boolean;
}

/** Works on the users' buckets of the configured store, beside a running daemon if there is one; or on the daemon's own. */
export async function withStore<Result>(
  invocation: KvInvocation,
  use: (store: Store) => Promise<Result>,
  storeUse: StoreUse = {},
): Promise<Result> {
  if (invocation.isInternal) return withOwnStore(invocation, use);
  return withWholeStore(invocation, (store) => use(usersStore(store)), storeUse);
}

/** For commands on what machinist itself keeps in the configured store: governors, messages of topics. */
export async function withWholeStore<Result>(
  invocation: Invocation,
  use: (store: Store) => Promise<Result>,
  { creates = false }: StoreUse = {},
): Promise<Result> {
  const { storeUrl, isOwnStore, daemon } = invocation.config;
  if (isRemote(daemon) && isOwnStore) throw noRemoteStore(daemon);
  const isNew = isMissing(storeUrl);
  if (isNew && !creates) throw storeNotFound(invocation);
  await using store = await openUrl(invocation, storeUrl);
  const result = await use(store);
  if (isNew) invocation.output.message(`created store ${storeName(invocation)}`);
  return result;
}

/** Works on the daemon's own store. @throws STORE_NOT_FOUND where no daemon has run */
export async function withOwnStore<Result>(
  invocation: Invocation,
  use: (store: Store) => Promise<Result>,
): Promise<Result> {
  await using store = await openOwn(invocation);
  return await use(store);
}

/** Whether a daemon has run on the data directory. */
export function hasOwnStore({ config }: Invocation): boolean {
  return !isMissing(config.stateUrl);
}

/** @throws BUCKET_NOT_FOUND, with the name that was probably meant */
export async function withBucket(
  invocation: KvInvocation,
  name: string,
  use: (bucket: Bucket) => Promise<void>,
): Promise<void> {
  await withStore(invocation, async (store) => {
    const bucket = await openBucket(invocation, store, name);
    await use(bucket);
  });
}

/** @throws BUCKET_NOT_FOUND, with the name that was probably meant and the store that was searched */
export async function openBucket(invocation: KvInvocation, store: Store, name: string): Promise<Bucket> {
  try {
    return await store.openBucket(name);
  } catch (error) {
    if (codeOf(error) !== "BUCKET_NOT_FOUND") throw error;
    throw await bucketNotFound(invocation, store, { name, cause: error });
  }
}

/** The store that a command uses, for messages: never with a password. */
export function storeName({ config, isInternal }: KvInvocation): string {
  return shownStore(isInternal ? config.stateUrl : config.storeUrl);
}

async function bucketNotFound(
  invocation: KvInvocation,
  store: Store,
  { name, cause }: { readonly name: string; readonly cause: unknown },
): Promise<MachinistError> {
  const buckets = await store.listBuckets();
  const meant = nearestName(
    name,
    buckets.map(({ bucket }) => bucket),
  );
  const hint = meant
    ? `did you mean ${JSON.stringify(meant)}?`
    : `create it with \`machinist kv add ${name}\``;
  return new MachinistError(
    "BUCKET_NOT_FOUND",
    `bucket ${JSON.stringify(name)} not found in ${storeName(invocation)}; ${hint}`,
    { cause, details: { bucket: name } },
  );
}

export interface MissingKey {
  readonly bucket: string;
  readonly key: string;
  readonly revision?: number | undefined;
}

export function keyNotFound(invocation: KvInvocation, { bucket, key, revision }: MissingKey): MachinistError {
  const at = revision === undefined ? "" : ` at revision ${revision}`;
  return new MachinistError(
    "KEY_NOT_FOUND",
    `key ${JSON.stringify(key)} not found${at} in bucket ${JSON.stringify(bucket)} of ${storeName(invocation)}`,
    { details: { bucket, key, ...(revision === undefined ? {} : { revision }) } },
  );
}

/** The daemon's own store, for the local user: its directory is readable for nobody else. @throws STORE_NOT_FOUND */
async function openOwn(invocation: Invocation): Promise<Store> {
  const { stateUrl } = invocation.config;
  if (isMissing(stateUrl)) {
    throw new MachinistError(
      "STORE_NOT_FOUND",
      `the daemon's own store does not exist: looked for ${directoryOf(stateUrl)}. \`machinist run\` creates it; name another data directory with --data`,
    );
  }
  return openUrl(invocation, stateUrl);
}

function noRemoteStore(daemon: RemoteDaemon): MachinistError {
  return new MachinistError(
    "USAGE",
    `this command works on a store, and only a daemon is named: ${shownDaemon(daemon)}. Name its store with --store, ` +
      "or `machinist context save NAME --store URL`",
  );
}

function isMissing(url: string): boolean {
  return url.startsWith("lmdb:") && !existsSync(join(directoryOf(url), "data.mdb"));
}

function directoryOf(url: string): string {
  return url.slice("lmdb:".length);
}

function storeNotFound({ config, flags, surroundings }: Invocation): MachinistError {
  const directory = directoryOf(config.storeUrl);
  const { workingDirectory, environment } = surroundings;
  const isSearched =
    dirname(config.dataDirectory) === workingDirectory &&
    !(flags.data || flags.store || environment["MACHINIST_DATA"] || environment["MACHINIST_STORE"]);
  const parents = isSearched ? `, and for .machinist in the directories above ${workingDirectory}` : "";
  return new MachinistError(
    "STORE_NOT_FOUND",
    `there is no store: looked for ${directory}${parents}. Create one with \`machinist kv add NAME\` or ` +
      "`machinist run`, or name another with --data or --store",
    { details: { directory } },
  );
}

/** The engine is loaded only here: it takes longer than all the rest of the command line. */
async function openUrl({ config, surroundings }: Invocation, url: string): Promise<Store> {
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
