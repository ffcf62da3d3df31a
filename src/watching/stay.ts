/** One uninterrupted time in which a watcher is active: its hints, and whether it is over. */
export class Stay {
  readonly #hints: AbortController | undefined;
  readonly #hintsEnded: Promise<void> | undefined;
  /** Made when somebody asks: most looks end before anybody leaves. */
  #leaving: AbortController | undefined;
  #isOver = false;
  #isLeaving = false;
  #hasLooked: boolean;
  #isInterrupted = false;

  /**
   * @param hasLooked true when it goes on from before a restart
   * @param followHints until the signal is aborted; undefined: there are none
   */
  constructor(hasLooked: boolean, followHints: ((signal: AbortSignal) => Promise<void>) | undefined) {
    this.#hasLooked = hasLooked;
    if (!followHints) return;
    this.#hints = new AbortController();
    this.#hintsEnded = followHints(this.#hints.signal);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a pause came during the last look. */
  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  /** @returns whether it is the first look of the stay */
  beginLook(): boolean {
    const isFirst = !this.#hasLooked;
    this.#hasLooked = true;
    this.#isInterrupted = false;
    return isFirst;
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

  /** Looks that wait for leave to begin their work must not begin it any more; hints go on. */
  pause(): void {
    this.#isInterrupted = true;
    this.#leaving?.abort();
    this.#leaving = undefined;
  }

  end(): void {
    this.#isOver = true;
    void this.leave();
  }
}
