/**
 * Knows which buckets are watched in this process, and when their logs have to be looked at: after each commit of this
 * process, when the doorbell rings, and slowly in any case.
 */
import type { CancelTimer, Clock } from "../../../lib/clock.ts";
import type { Batch } from "./batch.ts";
import type { Doorbell } from "./doorbell.ts";
import type { View } from "./reading.ts";
import { type Listener, Tail } from "./tail.ts";

/** A ring may be lost with the process that would have rung; nobody waits longer than this for what it wrote. */
const slowLookMs = 500;

export interface TailerOptions {
  readonly doorbell: Doorbell;
  readonly clock: Clock;
  /** True while this process commits: what is new then comes with the commit. */
  readonly committing: () => boolean;
}

export class Tailer {
  readonly #options: TailerOptions;
  readonly #tails = new Map<number, Tail>();
  readonly #expectant = new Set<() => void>();
  #cancelSlowLook: CancelTimer | undefined;
  #lookLater = false;

  constructor(options: TailerOptions) {
    this.#options = options;
  }

  /** Everything committed after this call is offered. @throws BUCKET_NOT_FOUND */
  attach(view: View, listener: Listener): void {
    const { id } = view.bucket;
    const tail = this.#tails.get(id) ?? new Tail(view);
    this.#tails.set(id, tail);
    tail.add(listener);
    this.#wakeUp();
  }

  /** Calls `look` whenever anything may have been committed, by whatever process. Returns the undo. */
  expect(look: () => void): () => void {
    this.#expectant.add(look);
    this.#wakeUp();
    return () => {
      this.#expectant.delete(look);
      this.#restIfIdle();
    };
  }

  detach(view: View, listener: Listener): void {
    const tail = this.#tails.get(view.bucket.id);
    tail?.remove(listener);
    if (tail?.isEmpty) this.#tails.delete(view.bucket.id);
    this.#restIfIdle();
  }

  /** To be called after each commit of this process, before its operations are acknowledged. */
  committed(batch: Batch): void {
    for (const changes of batch.changes()) this.#tails.get(changes.bucket.id)?.take(changes);
    for (const id of batch.destroyed) this.#tails.get(id)?.follow();
    if (this.#lookLater) this.#look();
    else this.#tellExpectant();
  }

  #wakeUp(): void {
    this.#options.doorbell.listen(() => this.#heard());
    if (!this.#cancelSlowLook) this.#armSlowLook();
  }

  #restIfIdle(): void {
    if (this.#tails.size > 0 || this.#expectant.size > 0) return;
    this.#options.doorbell.silence();
    this.#cancelSlowLook?.();
    this.#cancelSlowLook = undefined;
  }

  #heard(): void {
    if (this.#options.committing()) this.#lookLater = true;
    else this.#look();
  }

  #look(): void {
    this.#lookLater = false;
    for (const tail of [...this.#tails.values()]) tail.follow();
    this.#tellExpectant();
  }

  #tellExpectant(): void {
    for (const look of [...this.#expectant]) look();
  }

  #armSlowLook(): void {
    this.#cancelSlowLook = this.#options.clock.after(
      slowLookMs,
      () => {
        this.#armSlowLook();
        this.#look();
      },
      { background: true },
    );
  }
}
