/**
 * Parsed documents of machine files, kept by the hash of their bytes: reading YAML is most of the work of starting many
 * machines, and a file that has not changed need not be read as YAML again. Losing an entry costs time, nothing else. What is
 * found is trusted, so the store must be the daemon's own, which nobody else can write (state-store.ts).
 */
import { contentHash, type DocumentCache } from "../definition/definition.ts";
import type { Bucket, Store } from "../kv/store.ts";
import { MachinistError, messageOf } from "../lib/errors.ts";
import type { Json } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";

export const documentBucketName = "machinist-documents";

export class KnownDocuments {
  readonly #bucket: Bucket;
  readonly #log: Logger;

  static async open(store: Store, log: Logger): Promise<KnownDocuments> {
    const description = "Machine files as parsed, by the sha256 of their bytes";
    return new KnownDocuments(await store.createBucket(documentBucketName, { description }), log);
  }

  private constructor(bucket: Bucket, log: Logger) {
    this.#bucket = bucket;
    this.#log = log;
  }

  /** A cache for one check of these bytes. */
  async of(bytes: Uint8Array): Promise<DocumentCache> {
    const known = await this.#find(contentHash(bytes));
    return {
      get: () => known,
      set: (hash, document) => this.#inBackground(this.#bucket.put(hash, JSON.stringify(document))),
    };
  }

  /** The file with this hash is gone or another now. */
  forget(hash: string): void {
    this.#inBackground(this.#bucket.purge(hash));
  }

  async #find(hash: string): Promise<Json | undefined> {
    try {
      return (await this.#bucket.get(hash))?.json();
    } catch (error) {
      // A damaged entry costs time, nothing else: the file is parsed again.
      if (error instanceof MachinistError && error.code !== "STORE_DAMAGED") throw error;
      return undefined;
    }
  }

  #inBackground(work: Promise<number>): void {
    work.catch((cause: unknown) =>
      this.#log.debug("a parsed document was not kept", { reason: messageOf(cause) }),
    );
  }
}
