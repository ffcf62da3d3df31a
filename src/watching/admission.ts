/** Which inputs may reach a watcher (`Watcher.admit`), and what keeps it from taking any (`Watcher.selfCheck`), logged once. */
import type { JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import type { LoopParts } from "./loop-host.ts";

export class Admission {
  readonly #parts: Pick<LoopParts, "definition" | "watcher">;
  readonly #log: Logger;
  #problem: string | undefined;

  constructor(parts: Pick<LoopParts, "definition" | "watcher">, log: Logger) {
    this.#parts = parts;
    this.#log = log;
  }

  /** Undefined when nothing keeps the watcher from taking inputs. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** @throws to the sender of an input that must not reach this watcher */
  async admit(input: JsonObject): Promise<void> {
    try {
      await this.#parts.watcher.admit?.(input);
    } finally {
      await this.check();
    }
  }

  async check(): Promise<void> {
    const { definition, watcher } = this.#parts;
    const before = this.#problem;
    this.#problem = await watcher.selfCheck?.();
    if (this.#problem === before) return;
    const about = { watcher: definition.name };
    if (this.#problem === undefined) this.#log.info("the watcher takes inputs again", about);
    else this.#log.error("the watcher cannot take inputs", { ...about, reason: this.#problem });
  }
}
