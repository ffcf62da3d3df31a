/** How long to wait between attempts to reconnect: the longer the connection is lost, the longer. */
import type { Clock } from "../../../lib/clock.ts";

const shortestMs = 100;
const longestMs = 10_000;

export class ReconnectPace {
  readonly #clock: Clock;
  /** Undefined while connected, and when the client asks before it tells. */
  #lostAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  lost(): void {
    this.#lostAt ??= this.#clock.now();
  }

  found(): void {
    this.#lostAt = undefined;
  }

  /**
   * The client asks several times for each attempt, so this counts no questions but takes the time.
   * @param random in [0, 1): not all clients of a server that comes back are to knock at once
   */
  waitMs(random: number): number {
    const lostMs = this.#lostAt === undefined ? 0 : this.#clock.now() - this.#lostAt;
    const nominalMs = Math.min(Math.max(lostMs / 2, shortestMs), longestMs);
    return Math.floor(nominalMs * (0.5 + random));
  }
}
