/**
 * When one watcher of one running machine looks. The loop decides nothing about what was seen: it hands observations to its
 * host (the machine), which commits them.
 *
 * Modes, and what is ignored in each:
 * - *inactive* (state_match or foreign_state_required do not hold): no timers, no hints, no looks; inputs are kept for later by
 *   types that can (`Watcher.keep`), else refused. Leaving this mode looks again as the policy says.
 * - *held back* (a watcher of `requires` has not succeeded yet in this state, or the machine is paused): what would begin a look is
 *   remembered in one slot. In a paused machine inputs are treated as while inactive.
 * - *waiting*: a timer for interval, `lookAgainInMs` or a retry may be armed, hints are consumed. A state change, a hint, an
 *   input, changed data or the timer begins a look.
 * - *looking*: everything that would begin a look is remembered in one slot; one further look follows, however many there were.
 * - *stopping*: begins nothing; a look under way may finish and be committed until the drain time is over, then it is aborted.
 *
 * Every time the watcher turns inactive its stay ends; an observation of an earlier stay is stale, and fires nothing.
 */
import { setMaxListeners } from "node:events";
import { Backoff } from "../lib/backoff.ts";
import { MachinistError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json.ts";
import { inactive, isHeldBack, shouldBeActive, unmet } from "./activity.ts";
import { Admission } from "./admission.ts";
import { Announcements } from "./announcements.ts";
import { CommitLog } from "./commit-log.ts";
import { followHints } from "./hints.ts";
import { type Asker, Inputs } from "./inputs.ts";
import { keepInput } from "./keep-input.ts";
import { type LastLook, rememberedLook, restOfInterval, viewOf } from "./last-look.ts";
import { LookTimer } from "./look-timer.ts";
import type { LoopHost, LoopParts } from "./loop-host.ts";
import { MissedCount } from "./missed-revisions.ts";
import { failed, insteadOf, type Submitted, unfired } from "./observations.ts";
import { Retries } from "./retries.ts";
import { Stay } from "./stay.ts";
import type { Look, LookReason, Observation } from "./watcher.ts";
import type { WatcherView } from "./watcher-view.ts";

export class WatcherLoop {
  readonly admission: Admission;
  readonly #parts: LoopParts;
  readonly #host: LoopHost;
  readonly #abort = new AbortController();
  readonly #inputs = new Inputs();
  readonly #retries: Retries;
  #looking: Promise<void> | undefined;
  #pending: LookReason | undefined;
  readonly #timer: LookTimer;
  readonly #announcements: Announcements;
  #isStopping = false;
  /** Undefined while inactive. */
  #stay: Stay | undefined;
  readonly #backoff = new Backoff();
  readonly #commits = new CommitLog();
  readonly #missed = new MissedCount();
  #last: LastLook | undefined;

  constructor(parts: LoopParts, host: LoopHost) {
    this.#parts = parts;
    this.#host = host;
    this.#timer = new LookTimer(host.clock);
    const { announceIntervalMs, retry } = parts.definition;
    this.#announcements = new Announcements(host.clock, announceIntervalMs, () => host.announce(this.view));
    this.#retries = new Retries(retry);
    this.admission = new Admission(parts, host.log);
    setMaxListeners(0, this.#abort.signal);
  }

  get view(): WatcherView {
    return viewOf(this.#parts, this.#last, {
      active: this.#stay !== undefined,
      looking: this.#looking !== undefined,
      nextLookAt: this.#host.isPaused ? undefined : this.#timer.dueAt,
      waitsFor: this.#stay ? unmet(this.#parts, this.#host) : [],
      awaitedSlot: this.#parts.waits.current,
      missed: this.#missed.total,
      problem: this.admission.problem,
    });
  }

  /** `start` in a state that no transition led to, else `resume`: then what was going on there goes on at once. */
  start(reason: "start" | "resume"): void {
    this.#announcements.start();
    void this.admission.check();
    // After a resume it is no new arrival: the stay began before the daemon ended.
    if (this.#activate(reason === "resume")) this.#begin(reason);
  }

  /** The machine's own state changed, perhaps to one where this watcher is active too. */
  stateChanged(): void {
    // Also while stopping: a look that is under way may have become stale.
    if (!shouldBeActive(this.#parts, this.#host)) this.#deactivate();
    else if (!this.#isStopping) this.#enter(this.#activate() === "now");
  }

  /** Another machine's state changed. */
  foreignStateChanged(): void {
    if (this.#parts.definition.foreignStates.length === 0) return;
    if (!shouldBeActive(this.#parts, this.#host)) this.#deactivate();
    else if (!this.#isStopping && this.#activate() === "now") this.#enter(true);
  }

  /** The machine's data or the facts changed. */
  dataChanged(): void {
    if (this.#parts.policy.onData) this.#wake("data");
  }

  /** The machine is paused now: a look under way may finish, unless it has not begun its work yet. */
  paused(): void {
    this.#stay?.pause();
    if (!this.#canKeep) this.#inputs.refuseAll(inactive(this.#parts, this.#host));
  }

  /** A watcher of this machine has succeeded, perhaps the one that this one waits for; or the machine is no longer paused. */
  released(): void {
    if (this.#pending !== undefined && this.#looking === undefined) this.#wake(this.#pending);
  }

  /**
   * A look for somebody outside. Resolves with what it found, once that is committed; without `fire` when the transition
   * is not legal.
   * @throws STOPPED when the watcher is not active and cannot keep it; what the look throws
   */
  request(input: JsonObject): Promise<Observation> {
    const takes = this.#canKeep || (this.#stay !== undefined && !this.#host.isPaused);
    if (this.#isStopping || !takes) return Promise.reject(inactive(this.#parts, this.#host));
    const answer = this.#inputs.add(input);
    this.#takeInput();
    return answer;
  }

  get #canKeep(): boolean {
    return this.#parts.watcher.keep !== undefined;
  }

  #takeInput(): void {
    if (this.#isStopping) this.#inputs.refuseAll(inactive(this.#parts, this.#host));
    else if (this.#stay && !(this.#canKeep && isHeldBack(this.#parts, this.#host))) this.#wake("input");
    else this.#looking ??= this.#keep(this.#inputs.take());
  }

  /** While inactive or held back: stores an input for a later look. Counts as a look, so that none reads the cursor meanwhile. */
  async #keep(asker: Asker | undefined): Promise<void> {
    if (asker) await keepInput(this.#parts, this.#host, asker);
    asker?.refuse(inactive(this.#parts, this.#host));
    this.#looking = undefined;
    if (!this.#inputs.isEmpty) this.#takeInput();
    // It may have turned active meanwhile.
    else this.#wake(this.#pending ?? "hint");
  }

  /** Begins nothing more; resolves when the look under way has ended, by itself within `drainMs` or aborted then. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true;
    this.#pending = undefined;
    this.#timer.clear();
    this.#announcements.stop();
    const hintsEnded = this.#stay?.leave();
    if (this.#looking !== undefined) {
      const cancel = this.#host.clock.after(drainMs, () => this.#abort.abort());
      await this.#looking;
      cancel();
    }
    this.#abort.abort();
    this.#deactivate();
    await hintsEnded;
  }

  /** @returns undefined when it should not be active, else whether it is so now or was so before */
  #activate(hasLooked = false): "now" | "before" | undefined {
    if (!shouldBeActive(this.#parts, this.#host)) return undefined;
    if (this.#stay) return "before";
    const { watcher } = this.#parts;
    this.#stay = new Stay(hasLooked, watcher.hints && ((signal) => this.#followHints(signal)));
    return "now";
  }

  #deactivate(): void {
    if (!this.#stay) return;
    this.#stay.end();
    this.#stay = undefined;
    this.#pending = undefined;
    this.#timer.clear();
    this.#retries.reset();
    if (!this.#canKeep || this.#isStopping) this.#inputs.refuseAll(inactive(this.#parts, this.#host));
    else if (!this.#inputs.isEmpty) this.#takeInput();
  }

  #begin(reason: "start" | "resume"): void {
    const { start, entry, intervalMs } = this.#parts.policy;
    const goesOn = reason === "resume" && entry !== "on-schedule";
    if (goesOn || start === "at-once") this.#wake(reason);
    else if (start === "after-interval") this.#schedule(intervalMs, "interval");
    else this.#schedule(Math.floor(this.#host.random() * start.withinMs), reason);
  }

  #enter(hasArrived: boolean): void {
    const { entry, intervalMs, forcedIn } = this.#parts.policy;
    const isForced = forcedIn !== undefined && this.#host.situation().state === forcedIn;
    const restMs = restOfInterval(intervalMs, this.#last, this.#host.clock.now());
    if (entry === "at-once" || isForced) this.#wake("entered");
    else if (entry === "on-schedule") {
      if (hasArrived && this.#last) this.#schedule(intervalMs && restMs, "interval");
      else if (hasArrived) this.#begin("start");
    } else if (restMs > 0) this.#schedule(restMs, "interval");
    else this.#wake("entered");
  }

  #wake(reason: LookReason): void {
    if (this.#isStopping || !this.#stay) return;
    if (this.#looking !== undefined || isHeldBack(this.#parts, this.#host)) {
      // A change of state says more than a hint or a timer: it is what the further look will be told.
      if (this.#pending !== "entered") this.#pending = reason;
      return;
    }
    if (this.#pending === reason) this.#pending = undefined;
    this.#timer.clear();
    this.#looking = this.#look(reason, this.#stay);
  }

  async #look(reason: LookReason, stay: Stay): Promise<void> {
    const asker = this.#inputs.take();
    // Whoever asks comes first; what began this look is still to be looked at.
    if (asker && reason !== "input") this.#pending = reason;
    const seen = await this.#observe(asker ? "input" : reason, stay, asker);
    const counts = seen && !this.#abort.signal.aborted;
    const retryInMs = counts ? await this.#conclude(seen, stay, asker) : undefined;
    // A pause kept it from its work: it looks again when that ends.
    if (seen?.outcome === "skipped" && stay.isInterrupted && !stay.isOver) this.#pending ??= reason;
    // Whoever asked hears of it also when the look was aborted or could not be committed.
    if (asker && !this.#inputs.has(asker)) asker.refuse(inactive(this.#parts, this.#host));
    this.#looking = undefined;
    this.#goOn(stay, seen, retryInMs);
  }

  /** @returns ms until the next try, when this one failed or could not be committed */
  async #conclude(seen: Observation, stay: Stay, asker: Asker | undefined): Promise<number | undefined> {
    const hasFailed = seen.error !== undefined;
    const retryInMs = hasFailed ? this.#retries.next(this.#host.random()) : undefined;
    if (!hasFailed) this.#retries.reset();
    const submitted = retryInMs === undefined ? seen : unfired(seen);
    const { verdict, againInMs, refusal } = await this.#submit(submitted, () => stay.isOver);
    // An input that came while the state was left fired nothing: it is kept for the next time.
    if (asker && verdict === "stale" && this.#canKeep) this.#inputs.putBack(asker);
    else if (refusal !== undefined) asker?.refuse(refusal);
    else if (againInMs === undefined) asker?.answer(verdict === "illegal" ? unfired(submitted) : submitted);
    return againInMs ?? retryInMs;
  }

  #goOn(stay: Stay, seen: Observation | undefined, retryInMs: number | undefined): void {
    if (!this.#inputs.isEmpty) this.#takeInput();
    else if (this.#pending !== undefined) this.#wake(this.#pending);
    else if (!this.#isStopping && !stay.isOver) {
      if (retryInMs === undefined) this.#scheduleNext(seen);
      else this.#schedule(retryInMs, "due");
    }
  }

  /** @returns undefined when the one who asked for this look has its error: nothing else comes of it */
  async #observe(reason: LookReason, stay: Stay, asker: Asker | undefined): Promise<Observation | undefined> {
    const { definition, watcher } = this.#parts;
    const arrived = stay.beginLook();
    try {
      const look: Look = {
        reason,
        arrived,
        ...this.#host.situation(),
        ...this.#host.memory(definition.name),
        ...(asker ? { input: asker.input } : {}),
        get leaving() {
          return stay.leaving;
        },
      };
      return await watcher.observe(look, this.#abort.signal);
    } catch (cause) {
      asker?.refuse(cause);
      if (asker && cause instanceof MachinistError) return undefined;
      return failed(cause);
    }
  }

  async #submit(seen: Observation, isStale: () => boolean): Promise<Submitted> {
    const { definition } = this.#parts;
    this.#last = { observation: seen, at: this.#host.clock.now(), isOver: isStale };
    this.#parts.remember?.(rememberedLook(this.#last));
    try {
      const verdict = await this.#host.submit(definition, seen, isStale);
      if (verdict !== "stale") this.#missed.add(definition.name, seen.missed, this.#host.log);
      if (seen.announce && verdict !== "stale") this.#host.announce(this.view);
      this.#backoff.reset();
      this.#commits.succeeded(definition.name, this.#host.log);
      return { verdict };
    } catch (cause) {
      const instead = insteadOf(seen, cause);
      if (instead) return { ...(await this.#submit(instead.seen, isStale)), refusal: instead.refusal };
      if (!this.#isStopping) this.#commits.failed(definition.name, cause, this.#host.log);
      return { againInMs: this.#backoff.next(this.#host.random()) };
    }
  }

  #scheduleNext(seen: Observation | undefined): void {
    const { intervalMs } = this.#parts.policy;
    const dueInMs = seen?.lookAgainInMs ?? Infinity;
    if (dueInMs < Infinity && dueInMs <= (intervalMs ?? Infinity)) this.#schedule(dueInMs, "due");
    else this.#schedule(intervalMs, "interval");
  }

  #schedule(delayMs: number | undefined, reason: LookReason): void {
    this.#timer.set(delayMs, () => this.#wake(reason));
  }

  #followHints(signal: AbortSignal): Promise<void> {
    const { clock, random, log: ofMachine } = this.#host;
    const log = ofMachine.with({ watcher: this.#parts.definition.name });
    const onHint = (): void => this.#wake("hint");
    return followHints(this.#parts.watcher, { clock, random, log, signal, onHint });
  }
}
