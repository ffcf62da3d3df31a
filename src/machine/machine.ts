/**
 * One running machine: its watchers' loops, its committer, and its ties to other machines.
 *
 * Modes: *starting* (start splay: requests are taken, watchers do not look yet), *running*, *stopping* (looks under way may
 * still commit within the drain time; requests are refused), *stopped*.
 */
import type { Definition, WatcherDefinition } from "../definition/shape.ts";
import type { EventSubject } from "../events/event.ts";
import type { Clock } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import type { WatcherLoop } from "../watching/loop.ts";
import type { LoopHost, Verdict } from "../watching/loop-host.ts";
import type { Observation } from "../watching/watcher.ts";
import type { WatcherView } from "../watching/watcher-view.ts";
import { Committer, type TransitionResult } from "./committer.ts";
import { concludeRun } from "./conclude-run.ts";
import { isFailedEnd } from "./failed-end.ts";
import { Following } from "./following.ts";
import { createLoops } from "./loops.ts";
import { MachineEvents } from "./machine-events.ts";
import { changeOf } from "./observed-change.ts";
import type { LastTransition, MachineRecord, Pause, RecordKeeper } from "./record.ts";
import type { RosterEntry } from "./roster.ts";
import type { MachineServices } from "./services.ts";
import { startingRecord } from "./starting-record.ts";
import { changesAfter, cursorName, subscribedMachines, transitionsAfter } from "./subscriptions.ts";
import { WatcherErrors } from "./watcher-errors.ts";

export type MachineMode = "starting" | "running" | "stopping" | "stopped";

interface Parts {
  readonly services: MachineServices;
  readonly keeper: RecordKeeper;
  readonly record: MachineRecord;
}

export class Machine implements RosterEntry, LoopHost {
  readonly definition: Definition;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly #services: MachineServices;
  readonly #committer: Committer;
  readonly #keeper: RecordKeeper;
  readonly #undo: (() => void)[] = [];
  readonly #errors: WatcherErrors;
  /** Watcher → the visit of a state in which it last succeeded. */
  readonly #successes = new Map<string, number>();
  readonly #events: MachineEvents;
  #loops: readonly WatcherLoop[] = [];
  readonly #following: Following;
  #mode: MachineMode = "starting";

  /** Reads or makes the record, enters the roster and begins to look (after the start splay, in the background). */
  static async start(definition: Definition, services: MachineServices): Promise<Machine> {
    const keeper = services.records.keeper(definition.name);
    const log = services.log.with({ machine: definition.name });
    try {
      const { record, reason } = await startingRecord(definition, keeper, { ...services, log });
      const machine = new Machine(definition, { services: { ...services, log }, keeper, record });
      machine.#begin(reason);
      return machine;
    } catch (cause) {
      keeper.release();
      throw cause;
    }
  }

  private constructor(definition: Definition, { services, keeper, record }: Parts) {
    this.definition = definition;
    this.clock = services.clock;
    this.random = services.random;
    this.log = services.log;
    this.#services = services;
    this.#keeper = keeper;
    const { bus, clock } = services;
    this.#events = new MachineEvents({ bus, clock, subject: () => this.#subject() });
    keeper.onRestored = () => this.#events.restored(this.state);
    const onMove = (move: LastTransition): void => this.#tell(move);
    const [onPause, onData] = [(by: string): void => this.#tellPause(by), (): void => this.dataChanged()];
    this.#errors = new WatcherErrors(this.log, definition.name);
    this.#following = new Following({ ...services, catchUp: (machine) => this.#catchUp(machine) });
    this.#committer = new Committer({ ...services, definition, record, keeper, onMove, onData, onPause });
  }

  get name(): string {
    return this.definition.name;
  }
  get mode(): MachineMode {
    return this.#mode;
  }
  /** As last committed. */
  get record(): MachineRecord {
    return this.#committer.record;
  }
  get state(): string {
    return this.record.state;
  }
  /** Undefined while its watchers look. */
  get pause(): Pause | undefined {
    return this.record.paused;
  }
  get isPaused(): boolean {
    return this.pause !== undefined;
  }
  /** It has come to an end, by a failure. */
  get hasFailed(): boolean {
    return isFailedEnd(this.definition, this.record, this.#services.types);
  }
  get legalTransitions(): readonly string[] {
    return this.#committer.legal;
  }
  get counters(): Committer["counters"] {
    return this.#committer.counters;
  }
  /** The transition that waits before it is made; undefined: none. */
  get delay(): Committer["delay"] {
    return this.#committer.delay;
  }
  get queueDepth(): number {
    return this.#committer.queueDepth;
  }
  get watchers(): readonly WatcherView[] {
    return this.#loops.map((loop) => loop.view);
  }

  /**
   * Fires a transition for somebody outside.
   * @param onlyFrom the state that the machine must be in then
   * @throws ILLEGAL_TRANSITION, WRONG_STATE, INVALID_ARGUMENT (unknown), STOPPED
   */
  async request(transition: string, by: string, onlyFrom?: string): Promise<TransitionResult> {
    this.#refuseWhenStopping();
    return this.#committer.request(transition, by, onlyFrom);
  }

  /**
   * Lets all watchers rest, durably: no look begins, commands under way may finish, subscriptions wait. Transitions can still be
   * fired by hand. False ends that: what became due meanwhile is looked at now. Does nothing when it is so already. @throws STOPPED
   */
  async setPaused(isPaused: boolean, by: string): Promise<void> {
    this.#refuseWhenStopping();
    await this.#committer.perform(async (commit) => {
      const pause = isPaused ? { at: new Date(this.clock.now()).toISOString(), by } : null;
      if (isPaused !== this.isPaused) await commit({ by, pause });
    });
  }

  /** Changes data for somebody outside; undefined removes an item. @throws STOPPED */
  async patchData(patch: Readonly<Record<string, Json | undefined>>, by: string): Promise<void> {
    this.#refuseWhenStopping();
    await this.#committer.change({ by, patch });
  }

  /**
   * A look of one watcher for somebody outside; resolves with what it found, once that is committed.
   * @throws STOPPED (not active, or stopping), INVALID_ARGUMENT (no such watcher), what the look throws
   */
  async input(watcher: string, input: JsonObject): Promise<Observation> {
    const loop = this.#loops[this.definition.watchers.findIndex(({ name }) => name === watcher)];
    if (loop) {
      // First of all: a sender who may not ask hears nothing of the machine.
      await loop.admission.admit(input);
      this.#refuseWhenStopping();
      return loop.request(input);
    }
    const names = this.definition.watchers.map(({ name }) => name).join(", ");
    const message = `machine ${this.name} has no watcher ${JSON.stringify(watcher)}; it has ${names}`;
    throw new MachinistError("INVALID_ARGUMENT", message, { details: { machine: this.name, watcher } });
  }

  /** The machine's data or the host's facts changed. */
  dataChanged(): void {
    for (const loop of this.#loops) loop.dataChanged();
  }

  /** Ends the machine; looks under way may finish and commit within `drainMs`. Call once. */
  async stop(drainMs: number): Promise<void> {
    this.#mode = "stopping";
    for (const undo of this.#undo.splice(0)) undo();
    const cancel = this.clock.after(drainMs, () => this.#committer.abort());
    await Promise.all(this.#loops.map((loop) => loop.stop(drainMs)));
    cancel();
    await this.#committer.close();
    this.#keeper.release();
    this.#services.roster.leave(this);
    for (const { name } of this.definition.watchers)
      this.#services.gauges.show({ machine: this.name, watcher: name }, []);
    this.#mode = "stopped";
  }

  situation(): { state: string; since: number; visit: number; data: JsonObject } {
    const { state, since, transitions, data } = this.record;
    return { state, since: Date.parse(since), visit: transitions, data };
  }

  memory(watcher: string): { cursor: Json | undefined; runs: number } {
    return { cursor: this.record.cursors[watcher], runs: this.record.runs[watcher] ?? 0 };
  }

  foreignState(machine: string): string | undefined {
    return this.#services.roster.find(machine)?.state;
  }

  hasSucceeded(watcher: string): boolean {
    return this.#successes.get(watcher) === this.record.transitions;
  }

  async submit(watcher: WatcherDefinition, seen: Observation, isStale: () => boolean): Promise<Verdict> {
    this.#errors.log(watcher.name, seen);
    const visit = this.record.transitions;
    const verdict = await this.#commit(watcher, seen, isStale);
    concludeRun(this.#services, this.record, { watcher: watcher.name, seen, visit });
    if (verdict !== "stale") {
      if (seen.message) this.#events.gossip(watcher.name, seen.message);
      if (visit === this.record.transitions) this.#noteSuccess(watcher.name, seen);
    }
    return verdict;
  }

  #noteSuccess(name: string, seen: Observation): void {
    if (seen.error !== undefined || seen.fire === "fail" || seen.outcome === "skipped") return;
    this.#successes.set(name, this.record.transitions);
    for (const loop of this.#loops) loop.released();
  }

  async #commit(watcher: WatcherDefinition, seen: Observation, isStale: () => boolean): Promise<Verdict> {
    const change = changeOf(watcher, seen);
    if (change) return this.#committer.change(change, isStale);
    return isStale() ? "stale" : "committed";
  }

  announce(view: WatcherView): void {
    this.#events.watcher(view);
  }

  #begin(reason: "start" | "resume"): void {
    const { definition, record } = this;
    // First, because a watcher type may refuse: then nothing of this machine is left anywhere.
    this.#loops = createLoops({ host: this, definition, instance: record.id, services: this.#services });
    this.#services.roster.enter(this);
    this.#undo.push(...this.#follow());
    const splayMs = Math.floor((this.random() * this.definition.splayStartMs) / 1000) * 1000;
    if (splayMs === 0) this.#look(reason);
    else this.#undo.push(this.clock.after(splayMs, () => this.#look(reason)));
  }

  #look(reason: "start" | "resume"): void {
    this.#mode = "running";
    for (const loop of this.#loops) loop.start(reason);
  }

  #follow(): (() => void)[] {
    const { roster } = this.#services;
    const foreign = this.definition.watchers.flatMap(({ foreignStates }) =>
      foreignStates.map(({ machine }) => machine),
    );
    return [
      this.#following.begin(roster, subscribedMachines(this.definition)),
      ...[...new Set(foreign)].map((machine) => roster.follow(machine, () => this.#foreignStateChanged())),
    ];
  }

  #foreignStateChanged(): void {
    if (this.#mode === "starting") return;
    for (const loop of this.#loops) loop.foreignStateChanged();
  }

  /** Takes the transitions that subscribe to what `machine` did since this machine last saw it. */
  #catchUp(machine: string): Promise<void> {
    return this.#committer.perform(async (commit) => {
      // At the end of the pause it is asked again.
      if (this.isPaused) return;
      const cursor = this.record.cursors[cursorName(machine)] ?? null;
      for (const happened of await transitionsAfter(this.#services.records, machine, cursor))
        for (const change of changesAfter(this.definition, happened)) await commit(change);
    });
  }

  #tell(move: LastTransition): void {
    const { transition, from, to, by } = move;
    this.log.info(`${from} → ${to}`, { transition, by });
    if (this.#mode !== "starting") for (const loop of this.#loops) loop.stateChanged();
    this.#services.roster.changed(this.name);
    this.#events.moved(move);
  }

  #tellPause(by: string): void {
    const { isPaused, state } = this;
    this.log.info(isPaused ? "paused" : "resumed after a pause", { state, by });
    for (const loop of this.#loops) {
      if (isPaused) loop.paused();
      else loop.released();
    }
    if (!isPaused) this.#following.catchUpAll();
    this.#events.paused({ isPaused, state, by });
  }

  #subject(): EventSubject {
    const { identity } = this.#services;
    return { identity, id: this.record.id, version: this.definition.version, machine: this.name };
  }

  #refuseWhenStopping(): void {
    if (this.#mode !== "stopping" && this.#mode !== "stopped") return;
    throw new MachinistError("STOPPED", `machine ${this.name} is ${this.#mode} and takes nothing now`);
  }
}
