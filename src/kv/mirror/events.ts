/** What a mirror tells its listeners. */
import type { MirrorEntry } from "./mirror-entry.ts";

export interface MirrorEvents<T> {
  /** A key has another value. The view has it already. */
  readonly set: { readonly entry: MirrorEntry<T>; readonly previous: MirrorEntry<T> | undefined };
  /** A key is gone: deleted, ended, emptied, or its bucket was made again without it. */
  readonly delete: { readonly key: string; readonly previous: MirrorEntry<T> };
  /** The view is complete: for the first time, and after each resync. Comes after the changes that made it so. */
  readonly ready: { readonly revision: number };
  /** A new snapshot is needed; until `ready` the view stays as it is. The cause, if a failure was it. */
  readonly resync: { readonly cause: Error | undefined };
  /** Something failed. The mirror goes on, unless its state is `failed`. */
  readonly error: { readonly error: Error };
}

type Listener<Event> = (event: Event) => void;
type Sets<T> = { readonly [Name in keyof MirrorEvents<T>]: Set<Listener<MirrorEvents<T>[Name]>> };

export class Listeners<T> {
  readonly #sets: Sets<T> = {
    set: new Set(),
    delete: new Set(),
    ready: new Set(),
    resync: new Set(),
    error: new Set(),
  };

  /** @returns undo */
  on<Name extends keyof MirrorEvents<T>>(name: Name, listener: Listener<MirrorEvents<T>[Name]>): () => void {
    // One that is given twice is called twice, and each is undone alone.
    const own: Listener<MirrorEvents<T>[Name]> = (event) => listener(event);
    this.#sets[name].add(own);
    return () => this.#sets[name].delete(own);
  }

  /** A listener that throws disturbs nobody: `error` is told, and what an error listener throws is lost. */
  tell<Name extends keyof MirrorEvents<T>>(name: Name, event: MirrorEvents<T>[Name]): void {
    for (const listener of [...this.#sets[name]]) {
      try {
        listener(event);
      } catch (thrown) {
        if (name !== "error") this.tell("error", { error: errorOf(thrown) });
      }
    }
  }

  clear(): void {
    for (const listeners of Object.values(this.#sets)) listeners.clear();
  }
}

export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
