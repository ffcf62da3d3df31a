/** Entries that the cluster acknowledged: what readers must find from then on. */
import { EventEmitter, once } from "node:events";

export class Acknowledged {
  /** Key by revision, in the order of acknowledgements. */
  readonly keys = new Map<number, string>();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #isComplete = false;

  /** True when no further entry comes. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  add(revision: number, key: string): void {
    this.keys.set(revision, key);
    this.#changes.emit("change");
  }

  complete(): void {
    this.#isComplete = true;
    this.#changes.emit("change");
  }

  /** Resolves when so many entries are acknowledged. */
  async reached(count: number): Promise<void> {
    while (this.keys.size < count) await this.changed();
  }

  /** Resolves at the next acknowledgement, or at once when no further entry comes. */
  async changed(): Promise<void> {
    if (!this.#isComplete) await once(this.#changes, "change");
  }
}
