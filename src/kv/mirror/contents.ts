/** What a mirror holds: live entries by key. Knows nothing of where they come from. */
import { Deadlines } from "./deadlines.ts";
import type { MirrorEntry } from "./mirror-entry.ts";

export class Contents<T> {
  /** In order of revision: a key that is set again moves to the end. */
  readonly #entries = new Map<string, MirrorEntry<T>>();
  readonly #deadlines = new Deadlines();

  /** Held, whether their time is over or not. */
  get size(): number {
    return this.#entries.size;
  }

  /** The one with the lowest revision. */
  get oldest(): MirrorEntry<T> | undefined {
    return this.#entries.values().next().value;
  }

  /** When the next entry may end. */
  get nextEnd(): number | undefined {
    return this.#deadlines.soonest?.at;
  }

  held(key: string): MirrorEntry<T> | undefined {
    return this.#entries.get(key);
  }

  /** The entry, unless its time is over. */
  live(key: string, now: number): MirrorEntry<T> | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.endsAt > now ? entry : undefined;
  }

  /** Those whose time is over too. */
  all(): IterableIterator<MirrorEntry<T>> {
    return this.#entries.values();
  }

  allLive(now: number): MirrorEntry<T>[] {
    const all = [...this.#entries.values()];
    return this.#nothingEnded(now) ? all : all.filter((entry) => entry.endsAt > now);
  }

  countLive(now: number): number {
    return this.#nothingEnded(now) ? this.#entries.size : this.allLive(now).length;
  }

  set(entry: MirrorEntry<T>): void {
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    if (entry.endsAt !== Number.POSITIVE_INFINITY) this.#deadlines.add(deadlineOf(entry));
    this.#tidy();
  }

  /** @returns what it was */
  remove(key: string): MirrorEntry<T> | undefined {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    return entry;
  }

  /** Removes what has ended. @returns it */
  removeEnded(now: number): MirrorEntry<T>[] {
    const ended: MirrorEntry<T>[] = [];
    while (!this.#nothingEnded(now)) {
      const due = this.#deadlines.take();
      const entry = due && this.#entries.get(due.key);
      if (entry?.revision !== due?.revision || !entry) continue;
      this.#entries.delete(entry.key);
      ended.push(entry);
    }
    return ended;
  }

  #nothingEnded(now: number): boolean {
    return (this.#deadlines.soonest?.at ?? Number.POSITIVE_INFINITY) > now;
  }

  /** Keys that are written often leave deadlines behind that no longer count. */
  #tidy(): void {
    if (this.#deadlines.size < 2 * this.#entries.size + 64) return;
    const ending = [...this.#entries.values()].filter(({ endsAt }) => endsAt !== Number.POSITIVE_INFINITY);
    this.#deadlines.replaceAll(ending.map(deadlineOf));
  }
}

function deadlineOf({ endsAt, key, revision }: MirrorEntry<unknown>) {
  return { at: endsAt, key, revision };
}
