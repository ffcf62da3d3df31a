/** Removes what has outlived its bucket's ttl. Readers do not see it any more in any case; this frees the space. */
import type { CancelTimer, Clock } from "../../../lib/clock.ts";
import { codeOf, messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/logger.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import { expire } from "./sweeps.ts";
import type { WriteQueue } from "./write-queue.ts";

/** Not sooner, however close the deadlines are: many go at once. */
const shortestMs = 100;
/** After opening, so that a process that never runs for a whole ttl removes something too. */
const longestFirstMs = 60_000;

export interface ExpiryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly writes: WriteQueue;
}

export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #timers = new Map<number, CancelTimer>();
  #closed = false;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Looks after a bucket until it is destroyed; nothing to do for one without a ttl. */
  follow(bucket: BucketIdentity): void {
    if (bucket.config.ttlMs === 0 || this.#timers.has(bucket.id)) return;
    this.#arm(bucket, Math.min(bucket.config.ttlMs, longestFirstMs));
  }

  /** Removes what is due now. @throws BUCKET_NOT_FOUND */
  async run(bucket: BucketIdentity): Promise<number | undefined> {
    return expire((operation) => this.#options.writes.submit(operation), bucket);
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #arm(bucket: BucketIdentity, delayMs: number): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    const cancel = clock.after(Math.max(delayMs, shortestMs), () => void this.#turn(bucket), {
      background: true,
    });
    this.#timers.set(bucket.id, cancel);
  }

  async #turn(bucket: BucketIdentity): Promise<void> {
    const { clock, log } = this.#options;
    try {
      const nextDue = await this.run(bucket);
      this.#arm(bucket, nextDue === undefined ? bucket.config.ttlMs : nextDue - clock.now());
    } catch (error) {
      if (codeOf(error) === "BUCKET_NOT_FOUND") {
        this.#timers.delete(bucket.id);
        return;
      }
      log.warn("expired entries cannot be removed now", { bucket: bucket.name, error: messageOf(error) });
      this.#arm(bucket, bucket.config.ttlMs);
    }
  }
}
