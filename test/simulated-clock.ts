/** A clock that moves only when told: timers fire in order, with everything they set off settled in between. */
import type { CancelTimer, Clock } from "../src/lib/clock.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
  readonly background: boolean;
}

export class SimulatedClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2026, 0, 2, 15, 4, 5)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void, { background = false } = {}): CancelTimer {
    const timer = { at: this.#now + Math.max(delayMs, 0), order: this.#order++, callback, background };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers are armed: a stopped thing leaves none. */
  get armed(): number {
    return this.#timers.size;
  }

  /** When the next timer fires, in ms from now; undefined when none is armed. */
  get nextInMs(): number | undefined {
    const next = this.#next();
    return next && next.at - this.#now;
  }

  /** As `nextInMs`, without timers in the background, which may come again and again for ever. */
  get nextAwaitedInMs(): number | undefined {
    const awaited = [...this.#timers].filter(({ background }) => !background).map(({ at }) => at - this.#now);
    return awaited.length === 0 ? undefined : Math.min(...awaited);
  }

  /** Moves time on, firing what falls due, and lets promises settle after each. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    await settle();
    for (let timer = this.#next(); timer && timer.at <= end; timer = this.#next()) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
      await settle();
    }
    this.#now = end;
  }

  /** Moves time on and lets no timer fire: what falls due meanwhile waits for the next `advance`. */
  leap(durationMs: number): void {
    this.#now += durationMs;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }
}

/** Lets everything that is ready run: promise callbacks, and those that they set off. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
