/**
 * Keeps the order that a caller sees: what is held must be done on the server before writes that are called later are
 * sent. JetStream itself promises no order between a write and a request to its API.
 */
export class Gate {
  #held: Promise<unknown> | undefined;
  readonly #writes = new Set<Promise<unknown>>();

  /** Sends a write, after what is held now. */
  write<T>(send: () => Promise<T>): Promise<T> {
    const held = this.#held;
    const written = held === undefined ? send() : held.then(send);
    const settled = written.then(nothing, nothing);
    this.#writes.add(settled);
    void settled.then(() => this.#writes.delete(settled));
    return written;
  }

  /**
   * Lets writes that are called from now on wait until `work` has ended, well or not.
   * @param work gets a promise of the end of everything that was called before
   */
  hold<T>(work: (before: Promise<void>) => Promise<T>): Promise<T> {
    const before = Promise.all([this.#held, ...this.#writes]).then(nothing);
    const done = work(before);
    const settled = Promise.all([this.#held, done.then(nothing, nothing)]);
    this.#held = settled;
    void settled.then(() => {
      if (this.#held === settled) this.#held = undefined;
    });
    return done;
  }

  /** Resolves when all writes called so far have been answered. */
  async written(): Promise<void> {
    await Promise.all(this.#writes);
  }
}

function nothing(): void {}
