/** A slot for one hint between whoever sees changes and whoever waits for them: a full slot stays full. One may wait at a time. */

type End = { readonly failure?: unknown };

export class HintSlot {
  #isFull = false;
  #end: End | undefined;
  #wake: () => void = () => undefined;

  fill(): void {
    this.#isFull = true;
    this.#wake();
  }

  close(): void {
    this.#end ??= {};
    this.#wake();
  }

  fail(failure: unknown): void {
    this.#end ??= { failure };
    this.#wake();
  }

  /** Waits for a hint and empties the slot. @returns false when closed. @throws the failure, when it failed */
  async take(): Promise<boolean> {
    while (!this.#isFull && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#isFull) {
      this.#isFull = false;
      return true;
    }
    if (this.#end && "failure" in this.#end) throw this.#end.failure;
    return false;
  }
}
