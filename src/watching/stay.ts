/** One uninterrupted time in which a watcher is active: its hints, and whether it is over. */
export class Stay {
  readonly #hints: AbortController | undefined;
  readonly #hintsEnded: Promise<void> | undefined;
  /** Made when somebody asks: most looks end before anybody leaves. */
  #leaving: AbortController | undefined;
  #isOver = false;
  #isLeaving = false;
  /** Whether a look has begun in it. */
  hasLooked: boolean;

  /**
   * @param hasLooked true when it goes on from before a restart
   * @param followHints until the signal is aborted; undefined: there are none
   */
  constructor(hasLooked: boolean, followHints: ((signal: AbortSignal) => Promise<void>) | undefined) {
    this.hasLooked = hasLooked;
    if (!followHints) return;
    this.#hints = new AbortController();
    this.#hintsEnded = followHints(this.#hints.signal);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Aborted when the stay ends, or is about to. */
  get leaving(): AbortSignal {
    this.#leaving ??= new AbortController();
    if (this.#isLeaving) this.#leaving.abort();
    return this.#leaving.signal;
  }

  /** Begins to leave: no more hints, while a look under way may finish. Resolves when the hints have ended. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    this.#hints?.abort();
    this.#leaving?.abort();
    await this.#hintsEnded;
  }

  end(): void {
    this.#isOver = true;
    void this.leave();
  }
}
