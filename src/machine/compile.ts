/** A definition as an xstate machine: flat, one state node per state, nothing in it but the chart. Pure. */
import { createHash } from "node:crypto";
import {
  type AnyActorRef,
  createMachine,
  type EventObject,
  type MachineContext,
  type MetaObject,
  type NonReducibleUnknown,
  type ParameterizedObject,
  type ProvidedActor,
  type StateMachine,
} from "xstate";
import { chartOf } from "../definition/chart.ts";
import type { Definition } from "../definition/shape.ts";

/** One way out of a state. A target that is the state itself keeps it without leaving it. */
export interface TransitionConfiguration {
  readonly target: string;
  readonly reenter: false;
  readonly description?: string;
}

export interface StateConfiguration {
  readonly on: { readonly [transition: string]: TransitionConfiguration };
  /** Watchers that are active in this state, in the order of the definition. */
  readonly meta?: { readonly watchers: readonly string[] };
}

/** What `machinist compile` prints: JSON that any xstate v5 tool takes. */
export interface MachineConfiguration {
  readonly id: string;
  readonly version?: string;
  readonly description?: string;
  readonly initial: string;
  readonly states: { readonly [state: string]: StateConfiguration };
}

/** A plain xstate v5 state machine whose states are names and whose events are `{ type: transition }`. */
export type CompiledMachine = StateMachine<
  MachineContext,
  EventObject,
  Record<string, AnyActorRef>,
  ProvidedActor,
  ParameterizedObject,
  ParameterizedObject,
  string,
  string,
  string,
  NonReducibleUnknown,
  NonReducibleUnknown,
  EventObject,
  MetaObject,
  object
>;

/**
 * A machine for tools and libraries, with names, descriptions and each state's watchers in `meta`. It holds the chart
 * only: no rate limit, no record, no watcher runs.
 */
export function compile(definition: Definition): CompiledMachine {
  return build(machineConfig(definition));
}

/** The configuration of `compile` as JSON. */
export function machineConfig(definition: Definition): MachineConfiguration {
  const { name, version, description } = definition;
  return {
    id: name,
    version,
    ...described(description),
    initial: definition.initialState,
    states: statesFrom(definition),
  };
}

/**
 * The same chart without names or descriptions, one object for all definitions whose charts mean the same: what running
 * machines use. Kept as long as someone holds it.
 */
export function sharedMachine(definition: Definition): CompiledMachine {
  const chart = bareChart(definition);
  const key = createHash("sha256")
    .update(JSON.stringify([definition.initialState, chart]))
    .digest("base64");
  const known = shared.get(key)?.deref();
  if (known) return known;
  const states = chart.map(([state, ways]): [string, StateConfiguration] => {
    const on = ways.map(([name, target]) => [name, { target, reenter: false }] as const);
    return [state, { on: Object.fromEntries(on) }];
  });
  const compiled = build({
    id: "machine",
    initial: definition.initialState,
    states: Object.fromEntries(states),
  });
  shared.set(key, new WeakRef(compiled));
  collected.register(compiled, key);
  return compiled;
}

/** State, and transition and destination for each way out of it; in an order that how it was written has no part in. */
function bareChart(definition: Definition): [string, [string, string][]][] {
  const chart = [...chartOf(definition)].map(([state, ways]): [string, [string, string][]] => [
    state,
    [...ways]
      .map(([name, index]): [string, string] => [name, definition.transitions[index]?.destination ?? state])
      .sort(byName),
  ]);
  return chart.sort(byName);
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

const shared = new Map<string, WeakRef<CompiledMachine>>();
const collected = new FinalizationRegistry<string>((key) => {
  // Another one may have been compiled under the key since.
  if (!shared.get(key)?.deref()) shared.delete(key);
});

function build(configuration: MachineConfiguration): CompiledMachine {
  const machine = createMachine(configuration);
  // A flat machine's value is always the name of a state, which xstate's types cannot tell from a configuration like ours.
  return machine as CompiledMachine;
}

function statesFrom(definition: Definition): Record<string, StateConfiguration> {
  const states = [...chartOf(definition)].map(([state, ways]): [string, StateConfiguration] => {
    const on = [...ways].map(([name, index]): [string, TransitionConfiguration] => {
      const { destination = state, description = "" } = definition.transitions[index] ?? {};
      return [name, { target: destination, reenter: false, ...described(description) }];
    });
    return [state, { on: Object.fromEntries(on), meta: { watchers: watchersIn(definition, state) } }];
  });
  return Object.fromEntries(states);
}

function described(description: string): { description?: string } {
  return description === "" ? {} : { description };
}

function watchersIn({ watchers }: Definition, state: string): string[] {
  const active = watchers.filter(({ stateMatch }) => stateMatch.length === 0 || stateMatch.includes(state));
  return active.map(({ name }) => name);
}
