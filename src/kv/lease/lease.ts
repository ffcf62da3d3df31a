/**
 * A lease on a key from the side of who has it: kept up, given back, or lost. Knows the contract of a bucket, no engine.
 *
 * Why two never believe at once that they have it: who holds it counts `ttlMs` from before it asked for the last renewal, and
 * stops at nine tenths of it. Who waits takes over when the store has let the key end (its ttl begins when the store accepts the
 * write, so later), or when it saw no new revision for the whole `ttlMs`, counted from when it saw the last one. Both measure
 * durations only, on clocks that nobody sets: hosts need not agree on the time. It assumes that clocks run at the same speed within
 * a tenth. A process that is paused can still act before it notices: what a fence is for.
 */
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import { codeOf, MachinistError } from "../../lib/errors.ts";
import type { Bucket } from "../store.ts";
import { type LeaseRecord, recordIn } from "./lease-record.ts";
import type { LeaseWrites } from "./lease-writes.ts";

/**
 * Something that one has and others have not, for as long as it is kept up, which happens by itself.
 * `await using` gives it back.
 */
export interface Lease extends AsyncDisposable {
  readonly key: string;
  readonly owner: string;
  /** The revision with which it was taken: each holder of the key has a higher one than those before. */
  readonly fence: number;
  /** Aborted, with a LEASE_LOST error as its reason, when it could not be kept up, or somebody took it away. */
  readonly lost: AbortSignal;
  /** False from the moment when somebody else may have it; exact also where `lost` could not fire yet. */
  readonly isHeld: boolean;
  /**
   * Gives it back. Nothing happens when it was lost. Idempotent.
   * @throws TIMEOUT and other failures of the store: the lease then ends by itself
   * @example
   * const lease = await acquireLock(leases, "deploy");
   * await lease.release();
   * lease.isHeld; // => false
   */
  release(): Promise<void>;
}

export interface HeldOptions {
  readonly bucket: Bucket;
  readonly writes: LeaseWrites;
  readonly clock: Clock;
  readonly key: string;
  readonly record: LeaseRecord;
  readonly revision: number;
  /** When the write was sent with which it was taken, by `clock.monotonic()`. */
  readonly sentAt: number;
}

/** Renewals come after this part of the ttl, so that two may fail. */
const renewAfter = 1 / 3;
/** It is given up after this part of the ttl without one. */
const heldFor = 0.9;
/** A renewal without an answer is tried again after this part. */
const retryAfter = 1 / 12;

export class HeldLease implements Lease {
  readonly key: string;
  readonly owner: string;
  readonly fence: number;
  readonly #held: HeldOptions;
  readonly #lost = new AbortController();
  #revision: number;
  #heldUntil = 0;
  #over = false;
  #cancelRenewal: CancelTimer | undefined;
  #cancelEnd: CancelTimer | undefined;
  #renewing: Promise<void> | undefined;
  #released: Promise<void> | undefined;

  constructor(held: HeldOptions) {
    this.#held = held;
    this.key = held.key;
    this.owner = held.record.owner;
    this.fence = held.revision;
    this.#revision = held.revision;
    this.#extend(held.sentAt);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get isHeld(): boolean {
    return !this.#over && this.#held.clock.monotonic() < this.#heldUntil;
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  async #release(): Promise<void> {
    if (this.#over) return;
    this.#end();
    await this.#renewing;
    await this.#giveBack();
  }

  #extend(sentAt: number): void {
    const { clock, record } = this.#held;
    this.#heldUntil = sentAt + record.ttlMs * heldFor;
    this.#cancelEnd?.();
    const leftMs = this.#heldUntil - clock.monotonic();
    this.#cancelEnd = clock.after(leftMs, () => this.#lose("it was not renewed in time"), {
      background: true,
    });
    this.#renewIn(sentAt + record.ttlMs * renewAfter - clock.monotonic());
  }

  #renewIn(delayMs: number): void {
    this.#cancelRenewal?.();
    const renew = (): void => {
      this.#renewing = this.#renew();
    };
    this.#cancelRenewal = this.#held.clock.after(delayMs, renew, { background: true });
  }

  async #renew(): Promise<void> {
    const { clock, writes, key, record } = this.#held;
    const sentAt = clock.monotonic();
    try {
      this.#revision = await writes.renew(key, record, this.#revision);
      if (!this.#over) this.#extend(sentAt);
      // Too late for this holder: the next one need not wait for its end.
      else if (this.lost.aborted) await this.#giveBack().catch(() => undefined);
    } catch (error) {
      await this.#doubt(error);
    }
  }

  /** A renewal failed. It may be ours all the same, when an answer was lost before. */
  async #doubt(error: unknown): Promise<void> {
    const code = codeOf(error);
    if (code === "BUCKET_NOT_FOUND" || code === "STORE_CLOSED") this.#lose(`of the store (${code})`, error);
    if (code === "WRONG_REVISION" || code === "KEY_NOT_FOUND") await this.#look();
    if (!this.#over) this.#renewIn(this.#held.record.ttlMs * retryAfter);
  }

  async #look(): Promise<void> {
    const { bucket, key, record } = this.#held;
    const entry = await bucket.get(key).catch(() => undefined);
    if (entry === undefined) return;
    const found = entry && recordIn(entry);
    if (entry && found?.id === record.id) this.#revision = entry.revision;
    else this.#lose(found ? `${found.owner} has it` : "somebody removed it");
  }

  async #giveBack(): Promise<void> {
    const { bucket, key, record } = this.#held;
    try {
      await bucket.delete(key, { expectedRevision: this.#revision });
    } catch (error) {
      if (codeOf(error) === "BUCKET_NOT_FOUND") return;
      if (codeOf(error) !== "WRONG_REVISION") throw error;
      const entry = await bucket.get(key);
      // A renewal whose answer was lost. What is not ours stays.
      if (entry && recordIn(entry)?.id === record.id)
        await bucket.delete(key, { expectedRevision: entry.revision });
    }
  }

  #lose(because: string, cause?: unknown): void {
    if (this.#over) return;
    this.#end();
    const { bucket, key } = this.#held;
    this.#lost.abort(
      new MachinistError(
        "LEASE_LOST",
        `the lease on key ${key} of bucket ${bucket.name} is lost, because ${because}: stop what it protects`,
        { details: { bucket: bucket.name, key, fence: this.fence }, cause },
      ),
    );
  }

  #end(): void {
    this.#over = true;
    this.#cancelRenewal?.();
    this.#cancelEnd?.();
  }
}
