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
import type { Condition, ConditionScope } from "../lib/condition.ts";

/** One way out of a state. A target that is the state itself keeps it without leaving it. */
export interface TransitionConfiguration {
  readonly target: string;
  readonly reenter: false;
  readonly description?: string;
  /** Left out: always. */
  readonly guard?: { readonly type: "when"; readonly params: { readonly condition: string } };
}

export interface StateConfiguration {
  /** Several ways are asked in their order. */
  readonly on: {
    readonly [transition: string]: TransitionConfiguration | readonly TransitionConfiguration[];
  };
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

/** What the guards of a machine are asked about, in its events: `{ type: transition, scope }`. */
export interface GuardedEvent extends EventObject {
  /** Left out: empty data and facts. */
  readonly scope?: ConditionScope;
  /** Told of a condition that fails; it does not hold then. */
  readonly onFault?: (cause: unknown) => void;
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
  return build(machineConfig(definition), definition);
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
    const on = ways.map(([name, targets]) => [
      name,
      oneOrMore(targets.map(([target, condition]) => wayTo(target, condition))),
    ]);
    return [state, { on: Object.fromEntries(on) }];
  });
  const compiled = build(
    { id: "machine", initial: definition.initialState, states: Object.fromEntries(states) },
    definition,
  );
  shared.set(key, new WeakRef(compiled));
  collected.register(compiled, key);
  return compiled;
}

/** Destination, and the condition under which it is taken. */
type BareWay = readonly [target: string, condition: string | undefined];
type BareState = readonly [
  state: string,
  ways: readonly (readonly [transition: string, ways: readonly BareWay[]])[],
];

/** State, and transition and destinations for each way out of it; in an order that how it was written has no part in. */
function bareChart({ transitions, ...definition }: Definition): BareState[] {
  const bare = (index: number): BareWay[] => {
    const transition = transitions[index];
    return transition ? [[transition.destination, transition.when?.text]] : [];
  };
  const chart = [...chartOf({ transitions, ...definition })].map(
    ([state, ways]): BareState => [
      state,
      [...ways].map(([name, indexes]) => [name, indexes.flatMap(bare)] as const).sort(byName),
    ],
  );
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

function build(configuration: MachineConfiguration, { transitions }: Definition): CompiledMachine {
  const conditions = new Map(transitions.flatMap(({ when }) => (when ? [[when.text, when]] : [])));
  const machine = createMachine(configuration, {
    guards: {
      when: ({ event }: { readonly event: GuardedEvent }, params: unknown) =>
        holds(conditions.get(conditionIn(params)), event),
    },
  });
  // A flat machine's value is always the name of a state, which xstate's types cannot tell from a configuration like ours.
  return machine as CompiledMachine;
}

function conditionIn(params: unknown): string {
  const { condition = "" } = { ...(params as { readonly condition?: string } | undefined) };
  return condition;
}

const emptyScope: ConditionScope = { data: {}, facts: () => ({}), identity: "", state: "" };

function holds(condition: Condition | undefined, { scope = emptyScope, onFault }: GuardedEvent): boolean {
  try {
    return condition?.test(scope) ?? false;
  } catch (cause) {
    onFault?.(cause);
    return false;
  }
}

function wayTo(target: string, condition: string | undefined): TransitionConfiguration {
  const guard = { type: "when", params: { condition: condition ?? "" } } as const;
  return { target, reenter: false, ...(condition === undefined ? {} : { guard }) };
}

function oneOrMore(
  ways: readonly TransitionConfiguration[],
): TransitionConfiguration | readonly TransitionConfiguration[] {
  const [only, ...others] = ways;
  return only && others.length === 0 ? only : ways;
}

function statesFrom(definition: Definition): Record<string, StateConfiguration> {
  const states = [...chartOf(definition)].map(([state, ways]): [string, StateConfiguration] => {
    const on = [...ways].map(([name, indexes]) => {
      const configurations = indexes.flatMap((index) => {
        const way = definition.transitions[index];
        return way ? [{ ...wayTo(way.destination, way.when?.text), ...described(way.description) }] : [];
      });
      return [name, oneOrMore(configurations)] as const;
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
