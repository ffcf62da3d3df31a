/** Opens a store by its URL. The only file that names engines. */
import { type Clock, systemClock } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import { type Logger, silentLogger } from "../lib/logger.ts";
import { copyLmdbStore } from "./engines/lmdb/copy.ts";
import { inspectLmdb } from "./engines/lmdb/inspect.ts";
import { type Verification, verifyLmdb } from "./engines/lmdb/integrity/verify.ts";
import { openLmdbStore } from "./engines/lmdb/lmdb-store.ts";
import { openStoreFailure } from "./engines/lmdb/shared-engines.ts";
import type { StoreFact, WatchedBucket } from "./inspection.ts";
import type { NatsOptions } from "./nats-options.ts";
import type { Store } from "./store.ts";

export interface OpenOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: nothing is said. */
  readonly log?: Logger;
  /** How to log in to NATS, where that is the store. */
  readonly nats?: NatsOptions;
  /**
   * Opens also while the NATS server is away or without JetStream: what is asked then fails with FAILED and the reason, until
   * the server is there; what waits for a bucket waits. Default: false, opening fails. Means nothing to the embedded store.
   */
  readonly waitForServer?: boolean;
}

/**
 * `lmdb:DIR`, or a path: the embedded store in that directory, which is made when it is missing (mode 0700). Several
 * processes may open it, and one process several times. `nats://[user:password@]host[:port][,host…]`, or `tls://…`: the
 * buckets of a NATS server with JetStream, shared with all its other users. Close every store that was opened.
 * @throws INVALID_ARGUMENT (no such URL), UNSUPPORTED (server without JetStream or too old, or a store of a newer
 *   machinist), STORE_DAMAGED, FAILED
 * @example
 * await using own = await openStore(`lmdb:${directory}/store`);
 * const config = await own.createBucket("CONFIG");
 * await config.put("greeting", "hello"); // => 1
 */
export async function openStore(url: string, options: OpenOptions = {}): Promise<Store> {
  const { clock = systemClock, log = silentLogger, nats = {}, waitForServer = false } = options;
  const directory = directoryIn(url);
  if (directory !== undefined) return openLmdbStore(directory, { clock, log });
  // Loaded only where it is used: most stores are embedded, and the client of NATS is large.
  const { openJetStreamStore } = await import("./engines/jetstream/jetstream-store.ts");
  return openJetStreamStore(url, { clock, log, nats, waitForServer });
}

/**
 * What there is to know about a store before anybody trusts it: where it is, how full, what it cannot do. Makes nothing. On NATS
 * it also says which servers answer and whether there are leaders, within 8 s whatever is wrong there.
 * @throws as openStore; the message says what is wrong with the store, and what to do
 * @example
 * (await inspectStore(`lmdb:${directory}/none`)).map(({ name }) => name); // => ["Store"]
 */
export async function inspectStore(
  url: string,
  options: Omit<OpenOptions, "waitForServer"> & { readonly watched?: readonly WatchedBucket[] } = {},
): Promise<StoreFact[]> {
  const { clock = systemClock, log = silentLogger, nats = {}, watched = [] } = options;
  const directory = directoryIn(url);
  if (directory !== undefined) return inspectLmdb(directory, { clock, log, watched });
  const { inspectJetStream } = await import("./engines/jetstream/inspect/inspect.ts");
  return inspectJetStream(url, { clock, log, nats, watched });
}

/**
 * Reads every page and record of an embedded store, also while others use it.
 * @returns how many records there are, and an error STORE_DAMAGED for each damaged one; undefined for a store on NATS
 * @throws as openStore
 */
export async function verifyStore(
  url: string,
  { clock = systemClock, log = silentLogger }: Pick<OpenOptions, "clock" | "log"> = {},
): Promise<Verification | undefined> {
  const directory = directoryIn(url);
  return directory === undefined ? undefined : verifyLmdb(directory, { clock, log });
}

/**
 * Copies a whole embedded store, revisions and history included, while others may write to it.
 * @param target a directory that is missing or empty
 * @throws as openStore
 */
export async function copyStore(
  source: string,
  target: string,
  { clock = systemClock, log = silentLogger }: Pick<OpenOptions, "clock" | "log"> = {},
): Promise<void> {
  await copyLmdbStore(source, target, { clock, log });
}

/** Why writes to an embedded store that this process has open fail now; undefined when none is known to fail. */
export function embeddedWriteFailure(): Promise<MachinistError | undefined> {
  return openStoreFailure();
}

/** Of the embedded store; undefined for one on NATS. @throws INVALID_ARGUMENT for anything else */
function directoryIn(url: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined && url !== "") return url;
  if (scheme === "lmdb" && url.length > "lmdb:".length) return url.slice("lmdb:".length);
  if (scheme === "nats" || scheme === "tls") return undefined;
  throw new MachinistError(
    "INVALID_ARGUMENT",
    `${JSON.stringify(url)} names no store: expected a directory, lmdb:DIR, nats://HOST or tls://HOST`,
  );
}
