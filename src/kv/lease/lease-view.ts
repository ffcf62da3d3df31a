/** Who has which key, as a watch tells it; and since when nobody has been heard of. */
import type { Clock } from "../../lib/clock.ts";
import type { Entry, Watch } from "../store.ts";
import { recordIn } from "./lease-record.ts";

export interface Holder {
  readonly entry: Entry;
  readonly revision: number;
  /** After so long without a new revision the holder counts as dead. 0: the value is no lease's, and stays. */
  readonly ttlMs: number;
  /** When this revision was first seen, by `clock.monotonic()`. */
  readonly seenAt: number;
}

export class LeaseView {
  readonly #clock: Clock;
  readonly #holders = new Map<string, Holder>();
  /** The newest revision known of a key, so that what arrives late changes nothing. */
  readonly #revisions = new Map<string, number>();
  readonly #ready: Promise<void>;
  /** The moment that `isStale` speaks of, so that `change` waits for all that it did not call stale. */
  #judgedAt = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  /** Reads the watch until it ends; it belongs to the caller. */
  constructor(clock: Clock, watch: Watch) {
    this.#clock = clock;
    this.#ready = new Promise((resolve) => void this.#read(watch, resolve));
  }

  holderOf(key: string): Holder | undefined {
    return this.#holders.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#holders.keys();
  }

  isStale(key: string): boolean {
    const holder = this.#holders.get(key);
    return holder !== undefined && holder.ttlMs > 0 && endOf(holder) <= this.#judgedAt;
  }

  /** Resolves when everything that existed at the beginning was seen. @throws why the watch has ended */
  async current(signal: AbortSignal): Promise<void> {
    await this.#ready;
    signal.throwIfAborted();
    if (this.#failure) throw this.#failure.error;
    this.#judgedAt = this.#clock.monotonic();
  }

  /** Resolves when something was heard, or a holder has become stale since `current` resolved. */
  async change(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#failure) return;
    await new Promise<void>((resolve) => {
      const mortal = [...this.#holders.values()].filter(({ ttlMs }) => ttlMs > 0);
      const ends = mortal.map(endOf).filter((end) => end > this.#judgedAt);
      const leftMs = Math.min(...ends) - this.#clock.monotonic();
      const cancel = ends.length > 0 ? this.#clock.after(leftMs, resolve) : undefined;
      this.#wake = () => {
        cancel?.();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }

  /** What a read has found under the key. */
  observe(key: string, entry: Entry | null): void {
    if (entry) this.#see(entry);
    else this.#holders.delete(key);
  }

  async #read(watch: Watch, ready: () => void): Promise<void> {
    try {
      for await (const item of watch) {
        if (item.operation === "READY") ready();
        else this.#see(item);
        this.#wake();
      }
    } catch (error) {
      this.#failure = { error };
    }
    ready();
    this.#wake();
  }

  #see(entry: Entry): void {
    const { key, revision } = entry;
    if (revision <= (this.#revisions.get(key) ?? 0)) return;
    this.#revisions.set(key, revision);
    if (entry.operation !== "PUT") this.#holders.delete(key);
    else {
      const ttlMs = recordIn(entry)?.ttlMs ?? 0;
      this.#holders.set(key, { entry, revision, ttlMs, seenAt: this.#clock.monotonic() });
    }
  }
}

/** By `clock.monotonic()`. */
function endOf({ seenAt, ttlMs }: Holder): number {
  return seenAt + ttlMs;
}
