/** Opens a store by its URL. The only file that names engines. */
import { type Clock, systemClock } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import { type Logger, silentLogger } from "../lib/logger.ts";
import { openLmdbStore } from "./engines/lmdb/lmdb-store.ts";
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
  const { clock = systemClock, log = silentLogger, nats = {} } = options;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined && url !== "") return openLmdbStore(url, { clock, log });
  if (scheme === "lmdb" && url.length > "lmdb:".length) {
    return openLmdbStore(url.slice("lmdb:".length), { clock, log });
  }
  if (scheme === "nats" || scheme === "tls") {
    // Loaded only where it is used: most stores are embedded, and the client of NATS is large.
    const { openJetStreamStore } = await import("./engines/jetstream/jetstream-store.ts");
    return openJetStreamStore(url, { clock, log, nats, waitForServer: options.waitForServer ?? false });
  }
  throw new MachinistError(
    "INVALID_ARGUMENT",
    `${JSON.stringify(url)} names no store: expected a directory, lmdb:DIR, nats://HOST or tls://HOST`,
  );
}
