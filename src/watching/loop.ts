/**
 * When one watcher of one running machine looks. The loop decides nothing about what was seen: it hands observations to its
 * host (the machine), which commits them.
 *
 * Modes, and what is ignored in each:
 * - *inactive* (state_match or foreign_state_required do not hold): no timers, no hints, no looks. Leaving this mode looks
 *   again as the policy says.
 * - *waiting*: a timer for interval or `lookAgainInMs` may be armed, hints are consumed. A state change, a hint or the timer
 *   begins a look.
 * - *looking*: everything that would begin a look is remembered in one slot; one further look follows, however many there were.
 * - *stopping*: begins nothing; a look under way may finish and be committed until the drain time is over, then it is aborted.
 *
 * Every time the watcher turns inactive its stay ends; an observation of an earlier stay is stale, and fires nothing.
 */
import { setMaxListeners } from "node:events";
import type { WatcherDefinition } from "../definition/shape.ts";
import { Backoff } from "../lib/backoff.ts";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import { followHints } from "./hints.ts";
import type { Look, LookPolicy, LookReason, Observation, Watcher } from "./watcher.ts";

/** What a loop needs of its machine. */
export interface LoopHost {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** The machine's committed record, as a look sees it. */
  situation(): {
    readonly state: string;
    readonly since: number;
    readonly visit: number;
    readonly data: JsonObject;
  };
  memory(watcher: string): { readonly cursor: Json | undefined; readonly runs: number };
  /** State of another machine of this daemon; undefined when it is not running. */
  foreignState(machine: string): string | undefined;
  /** Commits what was seen. Resolves when it is durable; rejects when it could not be written. */
  submit(watcher: WatcherDefinition, observation: Observation, isStale: () => boolean): Promise<void>;
  announce(watcher: WatcherDefinition, view: WatcherView): void;
}

/** What people see of a watcher. */
export interface WatcherView {
  readonly name: string;
  readonly type: string;
  readonly active: boolean;
  readonly looking: boolean;
  /** Of the last look; the type's initial word before the first. */
  readonly outcome: string;
  /** End of the last look, ms since 1970. */
  readonly lookedAt: number | undefined;
  /** When the next look is due, ms since 1970; undefined when only a change or a hint begins it. */
  readonly nextLookAt: number | undefined;
  readonly error: string | undefined;
  readonly output: string | undefined;
  readonly detail: JsonObject;
}

export interface LoopParts {
  readonly definition: WatcherDefinition;
  readonly watcher: Watcher;
  readonly policy: LookPolicy;
  readonly initialOutcome: string;
}

export class WatcherLoop {
  readonly #parts: LoopParts;
  readonly #host: LoopHost;
  readonly #abort = new AbortController();
  #hints: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;
  #looking: Promise<void> | undefined;
  #pending: LookReason | undefined;
  #cancelTimer: CancelTimer = () => undefined;
  #cancelAnnouncement: CancelTimer = () => undefined;
  #nextLookAt: number | undefined;
  #isActive = false;
  #isStopping = false;
  #stay = new AbortController();
  readonly #backoff = new Backoff();
  #last: { readonly observation: Observation; readonly at: number } | undefined;

  constructor(parts: LoopParts, host: LoopHost) {
    this.#parts = parts;
    this.#host = host;
    setMaxListeners(0, this.#abort.signal);
  }

  get view(): WatcherView {
    const { definition, initialOutcome } = this.#parts;
    const last = this.#last?.observation;
    return {
      name: definition.name,
      type: definition.type,
      active: this.#isActive,
      looking: this.#looking !== undefined,
      outcome: last?.outcome ?? initialOutcome,
      lookedAt: this.#last?.at,
      nextLookAt: this.#nextLookAt,
      error: last?.error,
      output: last?.output,
      detail: last?.detail ?? {},
    };
  }

  /** `start` in a state that no transition led to, else `resume`: then what was going on there goes on at once. */
  start(reason: "start" | "resume"): void {
    this.#scheduleAnnouncement();
    if (!this.#activate()) return;
    const { start, intervalMs } = this.#parts.policy;
    if (reason === "resume" || start === "at-once") this.#wake(reason);
    else if (start === "after-interval") this.#schedule(intervalMs, "interval");
    else this.#schedule(Math.floor(this.#host.random() * start.withinMs), reason);
  }

  /** The machine's own state changed, perhaps to one where this watcher is active too. */
  stateChanged(): void {
    if (this.#isStopping) return;
    if (!this.#shouldBeActive()) this.#deactivate();
    else if (this.#activate()) this.#enter();
  }

  /** Another machine's state changed. */
  foreignStateChanged(): void {
    if (this.#isStopping || this.#parts.definition.foreignStates.length === 0) return;
    const wasActive = this.#isActive;
    if (!this.#shouldBeActive()) this.#deactivate();
    else if (!wasActive && this.#activate()) this.#enter();
  }

  /** Begins nothing more; resolves when the look under way has ended, by itself within `drainMs` or aborted then. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true;
    this.#stay.abort();
    this.#pending = undefined;
    this.#cancelTimer();
    this.#cancelAnnouncement();
    const hints = this.#hints;
    hints?.abort.abort();
    if (this.#looking !== undefined) {
      const cancel = this.#host.clock.after(drainMs, () => this.#abort.abort());
      await this.#looking;
      cancel();
    }
    this.#abort.abort();
    this.#deactivate();
    await hints?.ended;
  }

  #shouldBeActive(): boolean {
    const { stateMatch, foreignStates } = this.#parts.definition;
    if (stateMatch.length > 0 && !stateMatch.includes(this.#host.situation().state)) return false;
    return foreignStates.every(({ machine, state }) => this.#host.foreignState(machine) === state);
  }

  #activate(): boolean {
    if (!this.#shouldBeActive()) return false;
    if (!this.#isActive) {
      this.#isActive = true;
      this.#consumeHints();
    }
    return true;
  }

  #deactivate(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#stay.abort();
    this.#stay = new AbortController();
    this.#pending = undefined;
    this.#unschedule();
    this.#hints?.abort.abort();
    this.#hints = undefined;
  }

  #enter(): void {
    const { entry, intervalMs } = this.#parts.policy;
    const sinceLastMs = this.#host.clock.now() - (this.#last?.at ?? Number.NEGATIVE_INFINITY);
    if (entry === "when-due" && intervalMs !== undefined && sinceLastMs < intervalMs) {
      this.#schedule(intervalMs - sinceLastMs, "interval");
    } else {
      this.#wake("entered");
    }
  }

  #wake(reason: LookReason): void {
    if (this.#isStopping || !this.#isActive) return;
    if (this.#looking !== undefined) {
      // A change of state says more than a hint or a timer: it is what the further look will be told.
      if (this.#pending !== "entered") this.#pending = reason;
      return;
    }
    this.#unschedule();
    this.#looking = this.#look(reason);
  }

  async #look(reason: LookReason): Promise<void> {
    const stay = this.#stay;
    let retry = false;
    const observation = await this.#observe(reason, stay.signal);
    if (!this.#abort.signal.aborted) {
      this.#last = { observation, at: this.#host.clock.now() };
      retry = !(await this.#submit(observation, () => stay !== this.#stay));
    }
    this.#looking = undefined;
    if (this.#pending !== undefined) {
      const pending = this.#pending;
      this.#pending = undefined;
      this.#wake(pending);
    } else if (this.#isActive && !this.#isStopping && stay === this.#stay) {
      this.#scheduleNext(observation, retry);
    }
  }

  async #observe(reason: LookReason, leaving: AbortSignal): Promise<Observation> {
    const { definition, watcher } = this.#parts;
    try {
      const look: Look = {
        reason,
        leaving,
        ...this.#host.situation(),
        ...this.#host.memory(definition.name),
      };
      return await watcher.observe(look, this.#abort.signal);
    } catch (cause) {
      return { outcome: "error", fire: "fail", announce: true, error: messageOf(cause) };
    }
  }

  async #submit(observation: Observation, isStale: () => boolean): Promise<boolean> {
    const { definition } = this.#parts;
    try {
      await this.#host.submit(definition, observation, isStale);
      if (observation.announce && !isStale()) this.#host.announce(definition, this.view);
      this.#backoff.reset();
      return true;
    } catch (cause) {
      if (!this.#isStopping) {
        this.#host.log.error("what a watcher saw could not be committed; it will look again", {
          watcher: definition.name,
          reason: messageOf(cause),
        });
      }
      return false;
    }
  }

  #scheduleNext(observation: Observation, retry: boolean): void {
    const { intervalMs } = this.#parts.policy;
    if (retry) {
      this.#schedule(this.#backoff.next(this.#host.random()), "due");
    } else if (
      observation.lookAgainInMs !== undefined &&
      observation.lookAgainInMs <= (intervalMs ?? Infinity)
    ) {
      this.#schedule(observation.lookAgainInMs, "due");
    } else {
      this.#schedule(intervalMs, "interval");
    }
  }

  #schedule(delayMs: number | undefined, reason: LookReason): void {
    this.#unschedule();
    if (delayMs === undefined) return;
    this.#nextLookAt = this.#host.clock.now() + delayMs;
    this.#cancelTimer = this.#host.clock.after(delayMs, () => this.#wake(reason));
  }

  #unschedule(): void {
    this.#cancelTimer();
    this.#nextLookAt = undefined;
  }

  #consumeHints(): void {
    const { definition, watcher } = this.#parts;
    if (!watcher.hints) return;
    const abort = new AbortController();
    const { clock, random, log } = this.#host;
    const ended = followHints(watcher, {
      clock,
      random,
      log: log.with({ watcher: definition.name }),
      signal: abort.signal,
      onHint: () => this.#wake("hint"),
    });
    this.#hints = { abort, ended };
  }

  #scheduleAnnouncement(): void {
    const { announceIntervalMs } = this.#parts.definition;
    if (announceIntervalMs === undefined) return;
    this.#cancelAnnouncement = this.#host.clock.after(announceIntervalMs, () => {
      this.#host.announce(this.#parts.definition, this.view);
      this.#scheduleAnnouncement();
    });
  }
}
