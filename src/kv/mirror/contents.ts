/** What a mirror holds: live entries by key. Knows nothing of where they come from. */
import type { Clock } from "../../lib/clock.ts";
import { Deadlines } from "./deadlines.ts";
import type { MirrorEntry } from "./mirror-entry.ts";

export class Contents<T> {
  /** In order of revision: a key that is set again moves to the end. */
  readonly #entries = new Map<string, MirrorEntry<T>>();
  readonly #deadlines = new Deadlines();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

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
  live(key: string): MirrorEntry<T> | undefined {
    const entry = this.#entries.get(key);
    // Most have no end: asking the clock would take longer than all the rest.
    if (!entry || entry.endsAt === Number.POSITIVE_INFINITY) return entry;
    return entry.endsAt > this.#clock.now() ? entry : undefined;
  }

  /** Those whose time is over too. */
  all(): IterableIterator<MirrorEntry<T>> {
    return this.#entries.values();
  }

  allLive(): MirrorEntry<T>[] {
    const now = this.#clock.now();
    const all = [...this.#entries.values()];
    return this.#nothingEnded(now) ? all : all.filter((entry) => entry.endsAt > now);
  }

  countLive(): number {
    return this.#nothingEnded(this.#clock.now()) ? this.#entries.size : this.allLive().length;
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
  removeEnded(): MirrorEntry<T>[] {
    const now = this.#clock.now();
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
