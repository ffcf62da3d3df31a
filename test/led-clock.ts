/** A simulated clock that a clock elsewhere follows. */
import { SimulatedClock } from "./simulated-clock.ts";

export interface ClockMove {
  readonly what: "advance" | "leap";
  readonly ms: number;
}

export class LedClock extends SimulatedClock {
  #follow: (move: ClockMove) => Promise<unknown> = async () => undefined;
  #followed: Promise<unknown> = Promise.resolve();

  /** From now on `follow` is told of each move, and resolves when it is made there. */
  lead(follow: (move: ClockMove) => Promise<unknown>): void {
    this.#follow = follow;
  }

  /** From now on it moves alone. */
  leave(): void {
    this.#follow = async () => undefined;
  }

  override async advance(durationMs: number): Promise<void> {
    await super.advance(durationMs);
    await this.#tell({ what: "advance", ms: durationMs });
  }

  override leap(durationMs: number): void {
    super.leap(durationMs);
    void this.#tell({ what: "leap", ms: durationMs });
  }

  /** Resolves when the other clock shows the time of this one. */
  async settled(): Promise<void> {
    await this.#followed;
  }

  #tell(move: ClockMove): Promise<unknown> {
    this.#followed = this.#follow(move);
    return this.#followed;
  }
}
