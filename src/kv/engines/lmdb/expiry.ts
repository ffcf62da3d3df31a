/**
 * Removes entries when they have ended. Readers do not see them any more in any case; this frees the space and, where a
 * bucket leaves markers, tells those who watch.
 */
import type { CancelTimer, Clock } from "../../../lib/clock.ts";
import { codeOf, messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/logger.ts";
import type { BucketIdentity } from "./bucket-identity.ts";
import type { Environment } from "./environment.ts";
import { nextEnd, stateIfAny } from "./reading.ts";
import { expire, type Submit } from "./sweeps.ts";
import type { Tailer } from "./tailer.ts";
import type { WriteQueue } from "./write-queue.ts";

/** From one removal to the next, however close the ends are: many go at once. */
const shortestMs = 100;
/** After a removal that failed, as on a full disk. */
const retryMs = 5_000;

export interface ExpiryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly environment: Environment;
  readonly writes: Pick<WriteQueue, "submit" | "submitBackground">;
  readonly tailer: Pick<Tailer, "expect">;
}

interface Followed {
  readonly bucket: BucketIdentity;
  /** When it is looked at again, in ms since 1970; undefined: not before something is written to it. */
  at?: number | undefined;
  cancel?: CancelTimer | undefined;
  /** Its entries are being removed. */
  busy: boolean;
  /** Not before this time. */
  earliest: number;
  /** The last look found damage. */
  hasFailed: boolean;
}

export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #followed = new Map<number, Followed>();
  #stopListening: (() => void) | undefined;
  #closed = false;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Looks after a bucket until it is destroyed; nothing to do for one whose entries never end. */
  follow(bucket: BucketIdentity): void {
    if (!bucket.ages || this.#closed || this.#followed.has(bucket.id)) return;
    const followed: Followed = { bucket, busy: false, earliest: 0, hasFailed: false };
    this.#followed.set(bucket.id, followed);
    this.#look(followed);
  }

  /** Its configuration is another: entries may end sooner, later, or now and not before. */
  changed(bucket: BucketIdentity): void {
    const followed = this.#followed.get(bucket.id);
    if (followed) this.#look(followed);
    else this.follow(bucket);
  }

  /** Removes what has ended by now. @throws BUCKET_NOT_FOUND */
  run(bucket: BucketIdentity): Promise<void> {
    return this.#expire(bucket, (operation) => this.#options.writes.submit(operation));
  }

  close(): void {
    this.#closed = true;
    this.#stopListening?.();
    for (const { cancel } of this.#followed.values()) cancel?.();
    this.#followed.clear();
  }

  #lookAtAll(): void {
    for (const followed of [...this.#followed.values()]) {
      if (followed.bucket.leavesMarkers) this.#look(followed);
    }
  }

  /** Sets the timer to when the next entry ends. A bucket whose records are damaged is looked at again later. */
  #look(followed: Followed): void {
    if (this.#closed || followed.busy) return;
    try {
      this.#lookAt(followed);
      followed.hasFailed = false;
    } catch (error) {
      const { clock, log } = this.#options;
      if (!followed.hasFailed) {
        log.error("entries of a bucket cannot be expired; trying again", {
          bucket: followed.bucket.name,
          error: messageOf(error),
        });
      }
      followed.hasFailed = true;
      this.#arm(followed, clock.now() + retryMs);
    }
  }

  #lookAt(followed: Followed): void {
    const { clock, environment } = this.#options;
    const { bucket } = followed;
    if (!stateIfAny({ environment, bucket })) {
      this.#forget(followed);
      return;
    }
    // Any process may write an entry that ends sooner than all others, and be gone by then.
    if (bucket.leavesMarkers) this.#stopListening ??= this.#options.tailer.expect(() => this.#lookAtAll());
    const end = nextEnd({ environment, bucket });
    if (end !== undefined) this.#arm(followed, end);
    // Nothing that is written from now on ends sooner.
    else if (bucket.ages && !bucket.leavesMarkers) this.#arm(followed, clock.now() + bucket.config.ttlMs);
    else this.#disarm(followed);
  }

  #arm(followed: Followed, end: number): void {
    const at = Math.max(end, followed.earliest);
    if (followed.at === at) return;
    this.#disarm(followed);
    followed.at = at;
    const delay = at - this.#options.clock.now();
    followed.cancel = this.#options.clock.after(delay, () => void this.#turn(followed), { background: true });
  }

  #disarm(followed: Followed): void {
    followed.cancel?.();
    followed.cancel = undefined;
    followed.at = undefined;
  }

  async #turn(followed: Followed): Promise<void> {
    const { clock, log } = this.#options;
    const { bucket } = followed;
    followed.at = undefined;
    followed.busy = true;
    followed.earliest = clock.now() + shortestMs;
    try {
      await this.#expire(bucket, (operation) => this.#options.writes.submitBackground(operation));
    } catch (error) {
      // A bucket that was destroyed is found to be gone by the look.
      if (!this.#closed && codeOf(error) !== "BUCKET_NOT_FOUND") {
        log.warn("removal of expired entries failed; it is repeated", {
          bucket: bucket.name,
          error: messageOf(error),
        });
        followed.earliest = clock.now() + retryMs;
      }
    }
    followed.busy = false;
    this.#look(followed);
  }

  async #expire(bucket: BucketIdentity, submit: Submit): Promise<void> {
    const { clock, environment } = this.#options;
    const end = nextEnd({ environment, bucket });
    if (end === undefined || end > clock.now()) return;
    await expire(submit, bucket, () => !this.#closed);
  }

  #forget(followed: Followed): void {
    this.#disarm(followed);
    this.#followed.delete(followed.bucket.id);
    const isListening = [...this.#followed.values()].some(({ bucket }) => bucket.leavesMarkers);
    if (isListening) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
