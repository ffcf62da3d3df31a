/**
 * The one queue through which a machine changes: legal now, and where to? → rate limit → commit of the
 * record → tell. Knows no watchers, no files and no other machines; whoever owns it is told of each committed move.
 */
import type { Definition } from "../definition/shape.ts";
import type { Clock } from "../lib/clock.ts";
import { codeOf, MachinistError, messageOf } from "../lib/errors.ts";
import { deepFreeze, type JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import type { Verdict } from "../watching/loop-host.ts";
import { dataAt, noData, type Windows, windowsOf } from "./assign/counters.ts";
import { applyChange, type Change, type Effect } from "./change.ts";
import { checkDataSize } from "./data-limit.ts";
import { type Delay, RateLimitDelay } from "./delay.ts";
import { JobQueue } from "./queue.ts";
import type { LastTransition, MachineRecord, RecordKeeper } from "./record.ts";
import { type Step, Steps } from "./steps.ts";

export interface CommitterParts {
  readonly definition: Definition;
  readonly record: MachineRecord;
  readonly keeper: Pick<RecordKeeper, "commit" | "note" | "revision">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly facts: () => JsonObject;
  /** Name of this host. */
  readonly identity: string;
  /** After the commit of a change of state. */
  readonly onMove: (move: LastTransition) => void;
  /** After the commit of a pause or of its end. */
  readonly onPause: (by: string) => void;
  /** After the commit of a change of data, and after `onMove` when there is one. */
  readonly onData: () => void;
}

export interface TransitionResult {
  readonly machine: string;
  readonly transition: string;
  readonly from: string;
  /** The same as `from` for a self transition. */
  readonly to: string;
  /** Revision of the record that holds it. */
  readonly revision: number;
  /** How long it waited for the rate limit, in ms. */
  readonly waitedMs: number;
}

export class Committer {
  readonly counters = { illegal: 0, limited: 0, stale: 0 };
  readonly #parts: CommitterParts;
  readonly #rateLimit: RateLimitDelay;
  readonly #known: ReadonlySet<string>;
  readonly #windows: Windows;
  #steps: Steps | undefined;
  readonly #queue = new JobQueue();
  readonly #abort = new AbortController();
  #record: MachineRecord;
  /** Of the transition that was made last. */
  #waitedMs = 0;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
    this.#record = parts.record;
    this.#rateLimit = new RateLimitDelay({ ...parts, limit: parts.definition.rateLimit });
    this.#known = new Set(parts.definition.transitions.map(({ name }) => name));
    this.#windows = windowsOf(parts.definition.transitions);
  }

  /** As last committed; counters with a window count what is within it now. */
  get record(): MachineRecord {
    if (this.#windows.size > 0) this.#record = recordAt(this.#record, this.#windows, this.#parts.clock.now());
    return this.#record;
  }

  /** The transition that waits before it is made; undefined: none. */
  get delay(): Delay | undefined {
    return this.#rateLimit.current;
  }

  /** Changes that wait for their turn, and the one under way. */
  get queueDepth(): number {
    return this.#queue.depth;
  }

  /** Names of transitions that are legal now, in order of first mention. */
  get legal(): readonly string[] {
    return [...this.#known].filter((name) => this.#step(name).to !== undefined);
  }

  /**
   * Fires a transition for somebody who wants to know.
   * @param onlyFrom the state that the machine must be in when the turn has come
   * @throws ILLEGAL_TRANSITION, WRONG_STATE, INVALID_ARGUMENT (unknown), STOPPED
   */
  request(transition: string, by: string, onlyFrom?: string): Promise<TransitionResult> {
    return this.#queue.add(async () => {
      const from = this.record.state;
      if (onlyFrom !== undefined && onlyFrom !== from) throw this.#wrongState(transition, onlyFrom);
      const { to, refusal } = this.#step(transition, by);
      if (to === undefined) throw this.#refusal(transition, refusal);
      await this.#carryOut({ by, transition });
      const { name } = this.#parts.definition;
      return {
        machine: name,
        transition,
        from,
        to: this.record.state,
        revision: this.#parts.keeper.revision,
        waitedMs: this.#waitedMs,
      };
    });
  }

  /**
   * Commits a change as one. An illegal transition in it is warned of and left out, the rest is committed.
   * @param isStale asked when its turn has come: if so, only a completed run is committed
   */
  change(change: Change, isStale: () => boolean = () => false): Promise<Verdict> {
    return this.#queue.add(async () => {
      if (!isStale()) return this.#carryOut(change);
      this.counters.stale += 1;
      this.#parts.log.info("stale: the machine left the state while a watcher looked; nothing fires", {
        by: change.by,
      });
      await this.#carryOut({ by: change.by, completedRun: change.completedRun });
      return "stale";
    });
  }

  /** Runs `work` in its turn; it commits by `commit`, as often as it needs. A transition that fails is left out. */
  perform(work: (commit: (change: Change) => Promise<unknown>) => Promise<void>): Promise<void> {
    return this.#queue.add(() => work((change) => this.#carryOutRest(change)));
  }

  /** Cuts rate-limit waits short: what waits is refused. */
  abort(): void {
    this.#abort.abort(new MachinistError("STOPPED", `machine ${this.#parts.definition.name} is stopping`));
  }

  /** Refuses what waits and resolves when nothing is under way. */
  async close(): Promise<void> {
    this.abort();
    await this.#queue.close();
  }

  async #carryOutRest(change: Change): Promise<void> {
    try {
      await this.#carryOut(change);
    } catch (cause) {
      const { transition, by } = change;
      if (transition === undefined || codeOf(cause) !== "TRANSITION_FAILED") throw cause;
      this.#parts.log.warn("a transition failed and does nothing", {
        transition,
        by,
        reason: messageOf(cause),
      });
      await this.#carryOut({ ...change, transition: undefined });
    }
  }

  async #carryOut(change: Change): Promise<"committed" | "illegal"> {
    const { transition, by } = change;
    const effect = transition === undefined ? {} : await this.#effect(transition, by);
    const verdict = effect === undefined ? "illegal" : "committed";
    const { next, weight } = applyChange(this.record, change, effect);
    const { move } = effect ?? {};
    if (weight === "nothing") return verdict;
    if (next.data !== this.#record.data) this.#checkSize(next, change);
    if (weight === "record") await this.#parts.keeper.commit(next);
    else await this.#parts.keeper.note(next);
    const hasNewData = next.data !== this.#record.data;
    const isPauseOther = next.paused !== this.#record.paused;
    this.#record = next;
    if (isPauseOther) this.#parts.onPause(change.by);
    if (move) this.#parts.onMove(move);
    if (hasNewData) this.#parts.onData();
    return verdict;
  }

  #checkSize({ data, occurrences }: MachineRecord, { transition, patch, merge }: Change): void {
    try {
      checkDataSize(this.#parts.definition.name, data, occurrences);
    } catch (cause) {
      if (transition === undefined || patch || merge) throw cause;
      throw this.#failure(transition, messageOf(cause));
    }
  }

  /**
   * What a transition comes to; undefined when it is not legal. The rate limit is waited out first.
   * @throws TRANSITION_FAILED when its data cannot be set
   */
  async #effect(transition: string, by: string): Promise<Effect | undefined> {
    const { clock, log } = this.#parts;
    const from = this.record.state;
    const { to, refusal, assigned, failure } = this.#step(transition, by);
    if (to === undefined) {
      this.counters.illegal += 1;
      const reason = refusal === undefined ? {} : { reason: refusal };
      log.warn("a transition is not legal now and does nothing", { transition, state: from, by, ...reason });
      return undefined;
    }
    if (failure !== undefined) throw this.#failure(transition, failure);
    this.#waitedMs = await this.#rateLimit.wait(transition, by, this.#abort.signal);
    if (this.#waitedMs > 0) this.counters.limited += 1;
    const at = new Date(clock.now()).toISOString();
    return { assigned, move: to === from ? undefined : { transition, from, to, at, by } };
  }

  #step(transition: string, by = ""): Step {
    // Names from outside are looked up among the known ones first: the steps remember every name they were asked for.
    if (!this.#known.has(transition)) return {};
    // Compiled at the first question: of many machines, most rest for long after a start.
    this.#steps ??= Steps.of(this.#parts.definition);
    const { data, state, occurrences = noData.occurrences } = this.record;
    const { facts, identity, clock } = this.#parts;
    const scope = { facts, identity, state, by, nowMs: clock.now() };
    return this.#steps.from({ data, occurrences }, transition, scope);
  }

  #failure(transition: string, because: string): MachinistError {
    const { name } = this.#parts.definition;
    const message = `transition ${transition} of machine ${name} failed, and changed nothing: ${because}`;
    return new MachinistError("TRANSITION_FAILED", message, { details: { machine: name, transition } });
  }

  #wrongState(transition: string, wanted: string): MachinistError {
    const { name } = this.#parts.definition;
    const { state } = this.#record;
    const message = `machine ${name} is in state ${state}, not in ${JSON.stringify(wanted)}: ${transition} was not fired; look at it there first`;
    return new MachinistError("WRONG_STATE", message, { details: { machine: name, state, wanted } });
  }

  #refusal(transition: string, because: string | undefined): MachinistError {
    this.counters.illegal += 1;
    const { name } = this.#parts.definition;
    const { state } = this.#record;
    const { legal } = this;
    const details = { machine: name, state, legal };
    if (!this.#known.has(transition)) {
      const message = `machine ${name} has no transition ${JSON.stringify(transition)}; it has ${[...this.#known].join(", ")}`;
      return new MachinistError("INVALID_ARGUMENT", message, { details });
    }
    const now = legal.length > 0 ? `legal now: ${legal.join(", ")}` : "no transition is legal now";
    const reason = because === undefined ? "" : `: ${because}`;
    const message = `transition ${transition} is not legal in state ${state} of machine ${name}${reason}; ${now}`;
    return new MachinistError("ILLEGAL_TRANSITION", message, { details });
  }
}

function recordAt(record: MachineRecord, windows: Windows, nowMs: number): MachineRecord {
  const { data, occurrences = noData.occurrences } = record;
  const before = { data, occurrences };
  const now = dataAt(before, windows, nowMs);
  return now === before ? record : deepFreeze({ ...record, ...now });
}
