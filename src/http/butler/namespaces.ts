/** What Butler's routes need of a store: texts by key, in namespaces, each with a deadline or without. */

/**
 * A namespace stays when its last key goes. A key whose deadline has passed is not there, whoever asks, from that very
 * millisecond. Names are those of Butler: any text. Every method may fail with what the store fails with.
 */
export interface Namespaces {
  /** In the order in which they were made. */
  list(): Promise<string[]>;
  has(namespace: string): Promise<boolean>;
  /** Makes it, if it is not there. */
  add(namespace: string): Promise<void>;
  /** Removes it with all its keys. @returns false when there is none */
  remove(namespace: string): Promise<boolean>;
  /** In the order in which they were added; none where there is no such namespace. */
  keys(namespace: string): Promise<string[]>;
  read(namespace: string, key: string): Promise<string | undefined>;
  /** Adds or overwrites, in a namespace that is made for it. @param ttlMs how long the value lives from now; 0 for ever */
  write(namespace: string, pair: Pair, ttlMs: number): Promise<void>;
  /** @returns false when there is no such key */
  delete(namespace: string, key: string): Promise<boolean>;
  /**
   * Throws away what nobody can see any more.
   * @returns when there is more of it (ms since 1970), Infinity when nothing is known to end
   */
  collect(): Promise<number>;
}

export interface Pair {
  readonly key: string;
  readonly value: string;
}
