/** Namespaces of this process alone, as Butler has them: gone when it ends, never on disk, unseen by watchers. */
import type { Clock } from "../../lib/clock.ts";
import type { Namespaces, Pair } from "./namespaces.ts";

interface Kept {
  readonly value: string;
  /** Ms since 1970; Infinity: for ever. */
  readonly endsAt: number;
}

export class MemoryNamespaces implements Namespaces {
  readonly #clock: Clock;
  readonly #namespaces = new Map<string, Map<string, Kept>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async list(): Promise<string[]> {
    return [...this.#namespaces.keys()];
  }

  async has(namespace: string): Promise<boolean> {
    return this.#namespaces.has(namespace);
  }

  async add(namespace: string): Promise<void> {
    this.#made(namespace);
  }

  async remove(namespace: string): Promise<boolean> {
    return this.#namespaces.delete(namespace);
  }

  async keys(namespace: string): Promise<string[]> {
    const keys = this.#namespaces.get(namespace)?.keys() ?? [];
    return [...keys].filter((key) => this.#live(namespace, key));
  }

  async read(namespace: string, key: string): Promise<string | undefined> {
    return this.#live(namespace, key)?.value;
  }

  async write(namespace: string, { key, value }: Pair, ttlMs: number): Promise<void> {
    // A key that has ended is a new one, and new ones come last.
    if (!this.#live(namespace, key)) this.#namespaces.get(namespace)?.delete(key);
    const endsAt = ttlMs > 0 ? this.#clock.now() + ttlMs : Number.POSITIVE_INFINITY;
    this.#made(namespace).set(key, { value, endsAt });
  }

  async delete(namespace: string, key: string): Promise<boolean> {
    if (!this.#live(namespace, key)) return false;
    return this.#made(namespace).delete(key);
  }

  async collect(): Promise<number> {
    let next = Number.POSITIVE_INFINITY;
    for (const kept of this.#namespaces.values()) {
      for (const [key, { endsAt }] of kept) {
        if (endsAt <= this.#clock.now()) kept.delete(key);
        else next = Math.min(next, endsAt);
      }
    }
    return next;
  }

  #live(namespace: string, key: string): Kept | undefined {
    const kept = this.#namespaces.get(namespace)?.get(key);
    return kept && kept.endsAt > this.#clock.now() ? kept : undefined;
  }

  #made(namespace: string): Map<string, Kept> {
    const found = this.#namespaces.get(namespace);
    if (found) return found;
    const made = new Map<string, Kept>();
    this.#namespaces.set(namespace, made);
    return made;
  }
}
