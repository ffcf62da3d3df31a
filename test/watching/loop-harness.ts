/** A machine reduced to what a loop sees of it, with a watcher whose looks are ended by the test. */
import type { WatcherDefinition } from "../../src/definition/shape.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { type Logger, silentLogger } from "../../src/lib/logger.ts";
import { WatcherLoop } from "../../src/watching/loop.ts";
import type { LoopHost, Verdict } from "../../src/watching/loop-host.ts";
import type { Look, LookPolicy, Observation, Watcher } from "../../src/watching/watcher.ts";
import type { WatcherView } from "../../src/watching/watcher-view.ts";
import { SimulatedClock } from "../simulated-clock.ts";

export interface LookUnderWay {
  readonly look: Look;
  readonly signal: AbortSignal;
  end(observation: Observation): void;
  fail(cause: Error): void;
}

export class LoopHarness implements LoopHost {
  readonly clock = new SimulatedClock();
  /** Errors logged. */
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  readonly log: Logger = {
    ...silentLogger,
    error: (message) => void this.errors.push(message),
    warn: (message) => void this.warnings.push(message),
  };
  readonly looks: LookUnderWay[] = [];
  readonly submitted: { observation: Observation; stale: boolean }[] = [];
  readonly announced: WatcherView[] = [];
  readonly successes = new Set<string>();
  readonly foreign = new Map<string, string>();
  readonly loop: WatcherLoop;
  random = (): number => 0.5;
  isPaused = false;
  state = "A";
  since = this.clock.now();
  visit = 0;
  data: JsonObject = {};
  cursor: Json | undefined;
  /** Set to make the next commits fail. */
  refusal: Error | undefined;
  refuse = (_observation: Observation): Error | undefined => undefined;
  onSubmit = (_observation: Observation): void => undefined;
  /** Set to answer looks at once instead of leaving them under way. */
  answer: Observation | undefined;
  hint: (() => void) | undefined;
  hintsOpen = 0;
  /** Set to make hints take their time to end. */
  lingering: Promise<void> = Promise.resolve();

  constructor(
    definition: Partial<WatcherDefinition>,
    policy: Partial<LookPolicy> = {},
    options: { hints?: boolean } = {},
  ) {
    const whole: WatcherDefinition = {
      name: "w",
      type: "fake",
      stateMatch: [],
      foreignStates: [],
      successTransition: undefined,
      failTransition: undefined,
      intervalMs: policy.intervalMs,
      announceIntervalMs: undefined,
      retry: undefined,
      requires: [],
      properties: {},
      ...definition,
    };
    const watcher: Watcher = {
      observe: (look, signal) => this.#observe(look, signal),
      ...(options.hints ? { hints: (signal: AbortSignal) => this.#hints(signal) } : {}),
    };
    this.loop = new WatcherLoop(
      {
        definition: whole,
        watcher,
        policy: { start: "at-once", entry: "at-once", intervalMs: undefined, ...policy },
        initialOutcome: "unknown",
        waits: { current: undefined },
      },
      this,
    );
  }

  /** Looks begun so far, by reason. */
  get reasons(): string[] {
    return this.looks.map(({ look }) => look.reason);
  }

  get lastLook(): LookUnderWay {
    const last = this.looks.at(-1);
    if (!last) throw new Error("no look has begun");
    return last;
  }

  /** Ends the look under way, and lets what follows happen. */
  async end(observation: Observation = { outcome: "unchanged" }): Promise<void> {
    this.lastLook.end(observation);
    await this.clock.advance(0);
  }

  async enter(state: string): Promise<void> {
    this.state = state;
    this.since = this.clock.now();
    this.visit += 1;
    this.loop.stateChanged();
    await this.clock.advance(0);
  }

  situation(): { state: string; since: number; visit: number; data: JsonObject } {
    const { state, since, visit, data } = this;
    return { state, since, visit, data };
  }

  memory(): { cursor: Json | undefined; runs: number } {
    return { cursor: this.cursor, runs: 0 };
  }

  foreignState(machine: string): string | undefined {
    return this.foreign.get(machine);
  }

  hasSucceeded(watcher: string): boolean {
    return this.successes.has(watcher);
  }

  async submit(
    _watcher: WatcherDefinition,
    observation: Observation,
    isStale: () => boolean,
  ): Promise<Verdict> {
    const refusal = this.refusal ?? this.refuse(observation);
    if (refusal) throw refusal;
    const stale = isStale();
    this.submitted.push({ observation, stale });
    // As a machine that moves when the look is committed.
    this.onSubmit(observation);
    return stale ? "stale" : "committed";
  }

  announce(view: WatcherView): void {
    this.announced.push(view);
  }

  #observe(look: Look, signal: AbortSignal): Promise<Observation> {
    return new Promise((resolve, reject) => {
      this.looks.push({ look, signal, end: resolve, fail: reject });
      if (this.answer) resolve(this.answer);
    });
  }

  async *#hints(signal: AbortSignal): AsyncGenerator<void> {
    this.hintsOpen += 1;
    try {
      while (!signal.aborted) {
        await new Promise<void>((resolve) => {
          this.hint = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
        if (!signal.aborted) yield;
      }
    } finally {
      await this.lingering;
      this.hintsOpen -= 1;
    }
  }
}
