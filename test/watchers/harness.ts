/** Plays the loop and the record for one watcher: looks when told, applies what the look found, restarts on request. */
import { Value } from "typebox/value";
import type { PropertyFault, WatcherDefinition } from "../../src/definition/shape.ts";
import type { CommandRequest, CommandResult, CommandRunner } from "../../src/exec/command.ts";
import type { Store } from "../../src/kv/store.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/lib/json.ts";
import { type Logger, silentLogger } from "../../src/lib/logger.ts";
import type { Governors } from "../../src/watching/governors.ts";
import type {
  Look,
  LookReason,
  Observation,
  Watcher,
  WatcherContext,
  WatcherType,
} from "../../src/watching/watcher.ts";
import { SimulatedClock } from "../simulated-clock.ts";

export interface Surroundings {
  readonly store?: Store;
  readonly commands?: CommandRunner;
  readonly clock?: SimulatedClock;
  readonly random?: () => number;
  readonly facts?: () => JsonObject;
  readonly log?: Logger;
  readonly governors?: Governors;
  readonly showGauges?: WatcherContext["showGauges"];
  readonly overrides?: () => JsonObject;
  readonly signingKey?: string;
  readonly machine?: Partial<WatcherContext["machine"]>;
  readonly watcher?: string;
  readonly intervalMs?: number;
  /** Data of the machine at first. */
  readonly data?: JsonObject;
}

/** What of a record survives a restart. */
export interface Kept {
  data: JsonObject;
  cursor: Json | undefined;
  runs: number;
}

export class PlayedWatcher {
  readonly clock: SimulatedClock;
  readonly kept: Kept;
  readonly #make: () => Watcher;
  state = "A";
  since: number;
  visit = 0;
  /** Whether the next look is the first of a stay. */
  arrived = true;
  watcher: Watcher;

  constructor(type: WatcherType, properties: unknown, surroundings: Surroundings = {}) {
    const schemaValid = valid(type, properties);
    this.clock = surroundings.clock ?? new SimulatedClock();
    this.since = this.clock.now();
    this.kept = { data: surroundings.data ?? {}, cursor: undefined, runs: 0 };
    this.#make = () => type.create(type.read(schemaValid), contextOf(surroundings, this.clock));
    this.watcher = this.#make();
  }

  get data(): JsonObject {
    return this.kept.data;
  }

  /** The signal that the looks of this stay have. */
  leaving = new AbortController();

  /** One look whose observation is committed. */
  async look(reason: LookReason = "interval", signal?: AbortSignal): Promise<Observation> {
    const observation = await this.peek(reason, signal);
    this.commit(observation);
    return observation;
  }

  /** One look whose observation is lost, as by a crash. */
  peek(
    reason: LookReason = "interval",
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Observation> {
    return this.watcher.observe({ ...this.#next(), reason }, signal);
  }

  /** One look that somebody outside asked for, and whose observation is committed. */
  async ask(input: JsonObject): Promise<Observation> {
    await this.watcher.admit?.(input);
    const look: Look = { ...this.#next(), reason: "input", input };
    const observation = await this.watcher.observe(look, new AbortController().signal);
    this.commit(observation);
    return observation;
  }

  /** As a record is: through JSON, so nothing survives that a store could not hold. */
  commit(observation: Observation): void {
    const data: Record<string, Json | undefined> = { ...this.kept.data, ...observation.patch };
    for (const [name, members] of Object.entries(observation.merge ?? {})) {
      const found = data[name];
      data[name] = { ...(isJsonObject(found) ? found : {}), ...members };
    }
    this.kept.data = JSON.parse(JSON.stringify(data)) as JsonObject;
    if (observation.cursor !== undefined) {
      this.kept.cursor = JSON.parse(JSON.stringify(observation.cursor)) as Json;
    }
    if (observation.completedRun) this.kept.runs += 1;
  }

  /** Looks until nothing is left to look at once for. @returns all observations, the last one without `lookAgainInMs: 0` */
  async lookOn(reason: LookReason = "interval"): Promise<Observation[]> {
    const observations = [await this.look(reason)];
    while (observations.at(-1)?.lookAgainInMs === 0) observations.push(await this.look("due"));
    return observations;
  }

  enter(state: string): void {
    this.state = state;
    this.since = this.clock.now();
    this.visit += 1;
    this.arrived = true;
  }

  #next(): Omit<Look, "reason"> {
    const { state, since, visit, arrived } = this;
    const { cursor, runs, data } = this.kept;
    this.arrived = false;
    const leaving = this.leaving.signal;
    return { state, since, visit, data, cursor, runs, arrived, leaving };
  }

  /** A new process: only what was committed is left. */
  restart(): void {
    this.watcher = this.#make();
  }
}

export function contextOf(
  surroundings: Surroundings,
  clock = surroundings.clock ?? new SimulatedClock(),
): WatcherContext {
  return {
    machine: {
      name: "deploy",
      version: "1.0.0",
      instance: "instance-1",
      directory: "/nonexistent",
      workDirectory: "/nonexistent",
      ...surroundings.machine,
    },
    watcher: surroundings.watcher ?? "w",
    intervalMs: surroundings.intervalMs,
    store: surroundings.store ?? missing<Store>("store"),
    commands: surroundings.commands ?? missing<CommandRunner>("command runner"),
    clock,
    random: surroundings.random ?? (() => 0.5),
    log: surroundings.log ?? silentLogger,
    facts: surroundings.facts ?? (() => ({})),
    identity: "host.example",
    governors: surroundings.governors ?? missing<Governors>("governors"),
    showGauges: surroundings.showGauges ?? (() => undefined),
    overrides: surroundings.overrides ?? (() => ({})),
    signingKey: surroundings.signingKey,
  };
}

/** @throws Error when the schema of the type refuses the properties */
export function valid(type: WatcherType, properties: unknown): unknown {
  if (!Value.Check(type.schema, properties ?? {})) {
    throw new Error(`the schema of ${type.type} refuses ${JSON.stringify(properties)}`);
  }
  return properties;
}

export function accepts(type: WatcherType, properties: unknown): boolean {
  return Value.Check(type.schema, properties);
}

/** The faults that the type itself finds in schema-valid properties. */
export function faultsOf(
  type: WatcherType,
  properties: unknown,
  common: Partial<WatcherDefinition> = {},
): readonly PropertyFault[] {
  const definition: WatcherDefinition = {
    name: "w",
    type: type.type,
    stateMatch: [],
    foreignStates: [],
    successTransition: undefined,
    failTransition: undefined,
    intervalMs: undefined,
    announceIntervalMs: undefined,
    retry: undefined,
    requires: [],
    ...common,
    properties: type.read(valid(type, properties)),
  };
  return type.check?.(definition) ?? [];
}

/** A runner that starts nothing: keeps each request and answers with what it was given. */
export class RecordingRunner implements CommandRunner {
  readonly requests: CommandRequest[] = [];
  readonly baseEnvironment = { PATH: "/usr/bin:/bin" };
  answer: Partial<CommandResult>;
  /** Answers to the next requests, before `answer`. */
  readonly next: Partial<CommandResult>[] = [];

  constructor(answer: Partial<CommandResult> = {}) {
    this.answer = answer;
  }

  async run(request: CommandRequest): Promise<CommandResult> {
    this.requests.push(request);
    const end = { how: "exited", code: 0 } as const;
    return {
      end,
      stdout: "",
      stdoutComplete: true,
      output: "",
      durationMs: 0,
      ...(this.next.shift() ?? this.answer),
    };
  }
}

function missing<T extends object>(what: string): T {
  return new Proxy({} as T, {
    get: () => {
      throw new Error(`this test gave the watcher no ${what}`);
    },
  });
}
