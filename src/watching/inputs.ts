/** What people and programs outside ask of one watcher: each gets a look of its own, in the order of asking. */
import { MachinistError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json.ts";
import type { Observation } from "./watcher.ts";

/** One who asks. */
export interface Asker {
  readonly input: JsonObject;
  answer(observation: Observation): void;
  refuse(reason: unknown): void;
}

/** Who presses a button faster than looks end is told so. */
const mostWaiting = 100;

export class Inputs {
  readonly #waiting: Asker[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves with what the look found, once that is committed. @throws STOPPED when too many wait already */
  add(input: JsonObject): Promise<Observation> {
    if (this.#waiting.length >= mostWaiting)
      return Promise.reject(
        new MachinistError("STOPPED", `${mostWaiting} inputs wait already: try again later`),
      );
    return new Promise((answer, refuse) => {
      this.#waiting.push({ input, answer, refuse });
    });
  }

  take(): Asker | undefined {
    return this.#waiting.shift();
  }

  has(asker: Asker): boolean {
    return this.#waiting.includes(asker);
  }

  /** It is the first again. */
  putBack(asker: Asker): void {
    this.#waiting.unshift(asker);
  }

  /** Nobody will look for them any more. */
  refuseAll(reason: unknown): void {
    for (const asker of this.#waiting.splice(0)) asker.refuse(reason);
  }
}
