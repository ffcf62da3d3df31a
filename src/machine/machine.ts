/**
 * One running machine: its watchers' loops, its committer, and its ties to other machines.
 *
 * Modes: *starting* (start splay: requests are taken, watchers do not look yet), *running*, *stopping* (looks under way may
 * still commit within the drain time; requests are refused), *stopped*.
 */
import type { Definition, WatcherDefinition } from "../definition/shape.ts";
import { gossipEvent, restoredEvent, transitionEvent, watcherEvent } from "../events/event.ts";
import type { Clock } from "../lib/clock.ts";
import { MachinistError } from "../lib/errors.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { Logger } from "../lib/logger.ts";
import type { WatcherLoop } from "../watching/loop.ts";
import type { LoopHost } from "../watching/loop-host.ts";
import type { Observation } from "../watching/watcher.ts";
import type { WatcherView } from "../watching/watcher-view.ts";
import { Committer, type TransitionResult } from "./committer.ts";
import { firedBy } from "./fired-by.ts";
import { Following } from "./following.ts";
import { createLoops } from "./loops.ts";
import type { LastTransition, MachineRecord, RecordKeeper } from "./record.ts";
import type { RosterEntry } from "./roster.ts";
import type { MachineServices } from "./services.ts";
import { startingRecord } from "./starting-record.ts";
import { cursorName, subscribedMachines, subscribers, transitionsAfter } from "./subscriptions.ts";

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
  readonly #lastErrors = new Map<string, string>();
  /** Watcher → the visit of a state in which it last succeeded. */
  readonly #successes = new Map<string, number>();
  #loops: readonly WatcherLoop[] = [];
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
    keeper.onRestored = () => this.#restored();
    const onMove = (move: LastTransition): void => this.#tell(move);
    const onData = (): void => {
      for (const loop of this.#loops) loop.dataChanged();
    };
    this.#committer = new Committer({ ...services, definition, record, keeper, onMove, onData });
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
  get legalTransitions(): readonly string[] {
    return this.#committer.legal;
  }
  get counters(): Committer["counters"] {
    return this.#committer.counters;
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
      await loop.admit(input);
      this.#refuseWhenStopping();
      return loop.request(input);
    }
    const names = this.definition.watchers.map(({ name }) => name).join(", ");
    const message = `machine ${this.name} has no watcher ${JSON.stringify(watcher)}; it has ${names}`;
    throw new MachinistError("INVALID_ARGUMENT", message, { details: { machine: this.name, watcher } });
  }

  /** The host's facts are others than before. */
  factsChanged(): void {
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

  async submit(watcher: WatcherDefinition, seen: Observation, isStale: () => boolean): Promise<boolean> {
    const { name } = watcher;
    this.#logError(name, seen.error);
    const visit = this.record.transitions;
    const counts = await this.#commit(watcher, seen, isStale);
    if (counts) {
      if (seen.message) this.#say(name, seen.message);
      if (visit === this.record.transitions) this.#noteSuccess(name, seen);
    }
    return counts;
  }

  #say(name: string, message: NonNullable<Observation["message"]>): void {
    this.#services.bus.publish(gossipEvent(this.#subject(), { name, ...message }, this.clock.now()));
  }

  #noteSuccess(name: string, seen: Observation): void {
    if (seen.error !== undefined || seen.fire === "fail" || seen.outcome === "skipped") return;
    this.#successes.set(name, this.record.transitions);
    for (const loop of this.#loops) loop.succeeded();
  }

  async #commit(watcher: WatcherDefinition, seen: Observation, isStale: () => boolean): Promise<boolean> {
    const transition = firedBy(watcher, seen);
    const changesData = seen.patch !== undefined || seen.merge !== undefined;
    if (!transition && !changesData && seen.cursor === undefined && !seen.completedRun) return !isStale();
    const change = {
      by: `watcher ${watcher.name}`,
      transition,
      patch: seen.patch,
      merge: seen.merge,
      cursor: seen.cursor === undefined ? undefined : { of: watcher.name, value: seen.cursor },
      completedRun: seen.completedRun ? watcher.name : undefined,
    };
    return this.#committer.change(change, isStale);
  }

  announce(watcher: WatcherDefinition, view: WatcherView): void {
    const { name, type } = watcher;
    const announced = { name, type, detail: { state: view.outcome, ...view.detail } };
    this.#services.bus.publish(watcherEvent(this.#subject(), announced, this.clock.now()));
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
    const subscribed = subscribedMachines(this.definition);
    const { clock, random, log } = this;
    const following = new Following({ clock, random, log, catchUp: (machine) => this.#catchUp(machine) });
    for (const machine of subscribed) following.catchUp(machine);
    const foreign = this.definition.watchers.flatMap(({ foreignStates }) =>
      foreignStates.map(({ machine }) => machine),
    );
    return [
      () => following.stop(),
      ...subscribed.map((machine) => roster.follow(machine, () => following.catchUp(machine))),
      ...[...new Set(foreign)].map((machine) => roster.follow(machine, () => this.#foreignStateChanged())),
    ];
  }

  #foreignStateChanged(): void {
    if (this.#mode === "starting") return;
    for (const loop of this.#loops) loop.foreignStateChanged();
  }

  /** Takes the transitions that subscribe to what `machine` did since this machine last saw it. */
  #catchUp(machine: string): Promise<void> {
    const by = `subscription ${machine}`;
    return this.#committer.perform(async (commit) => {
      const cursor = this.record.cursors[cursorName(machine)] ?? null;
      for (const happened of await transitionsAfter(this.#services.records, machine, cursor)) {
        const [first, ...others] = subscribers(this.definition, happened);
        const seen = { of: cursorName(machine), value: { ...happened.seen } };
        // The first transition and "seen" are one write: a crash between several may lose the later ones, never repeat one.
        await commit({ by, transition: first, cursor: seen });
        for (const transition of others) await commit({ by, transition });
      }
    });
  }

  /** A watcher that goes on failing for one reason is one warning, not one for each look. */
  #logError(watcher: string, reason: string | undefined): void {
    if (reason === this.#lastErrors.get(watcher)) return;
    if (reason === undefined) this.#lastErrors.delete(watcher);
    else {
      this.#lastErrors.set(watcher, reason);
      this.log.warn("a watcher failed", { watcher, reason });
    }
  }

  #tell({ transition, from, to, by, at }: LastTransition): void {
    this.log.info(`${from} → ${to}`, { transition, by });
    if (this.#mode !== "starting") for (const loop of this.#loops) loop.stateChanged();
    this.#services.roster.changed(this.name);
    this.#services.bus.publish(
      transitionEvent(this.#subject(), { transition, from, to, atMs: Date.parse(at) }),
    );
  }

  #restored(): void {
    this.#services.bus.publish(restoredEvent(this.#subject(), this.state, this.clock.now()));
  }

  #subject(): { identity: string; id: string; version: string; machine: string } {
    const { identity } = this.#services;
    return { identity, id: this.record.id, version: this.definition.version, machine: this.name };
  }

  #refuseWhenStopping(): void {
    if (this.#mode !== "stopping" && this.#mode !== "stopped") return;
    throw new MachinistError("STOPPED", `machine ${this.name} is ${this.#mode} and takes nothing now`);
  }
}
