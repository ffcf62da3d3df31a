/** A definition as an xstate machine: flat, one state node per state, nothing in it but the chart. Pure. */
import { createHash } from "node:crypto";
import {
  type AnyActorRef,
  assign,
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
import type { Definition, TransitionDefinition } from "../definition/shape.ts";
import { type AssignParameters, assignParameters } from "./assign/assign.ts";
import { noData } from "./assign/counters.ts";
import { implementationOf } from "./implementation.ts";

/** One way out of a state. A target that is the state itself keeps it without leaving it. */
export interface TransitionConfiguration {
  readonly target: string;
  readonly reenter: false;
  readonly description?: string;
  /** Left out: always. */
  readonly guard?: { readonly type: "when"; readonly params: { readonly condition: string } };
  /** Left out: the data stays. */
  readonly actions?: readonly { readonly type: "assign"; readonly params: AssignParameters }[];
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
  /** What guards ask about and transitions set; left out when nothing is set. */
  readonly context?: MachineContext;
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
    ...contextFor(definition),
    states: statesFrom(definition),
  };
}

function contextFor({ transitions }: Definition): { context?: MachineContext } {
  return transitions.some(({ assignments }) => assignments) ? { context: { ...noData } } : {};
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
    const on = ways.map(([name, targets]) => [name, oneOrMore(targets.map(wayTo))]);
    return [state, { on: Object.fromEntries(on) }];
  });
  const compiled = build(
    {
      id: "machine",
      initial: definition.initialState,
      ...contextFor(definition),
      states: Object.fromEntries(states),
    },
    definition,
  );
  shared.set(key, new WeakRef(compiled));
  collected.register(compiled, key);
  return compiled;
}

/** Destination, the condition under which it is taken, and what it makes of the data. */
type BareWay = readonly [
  target: string,
  condition: string | undefined,
  parameters: AssignParameters | undefined,
];
type BareState = readonly [
  state: string,
  ways: readonly (readonly [transition: string, ways: readonly BareWay[]])[],
];

/** State, and transition and destinations for each way out of it; in an order that how it was written has no part in. */
function bareChart({ transitions, ...definition }: Definition): BareState[] {
  const bare = (index: number): BareWay[] => {
    const transition = transitions[index];
    return transition ? [bareWay(transition)] : [];
  };
  const chart = [...chartOf({ transitions, ...definition })].map(
    ([state, ways]): BareState => [
      state,
      [...ways].map(([name, indexes]) => [name, indexes.flatMap(bare)] as const).sort(byName),
    ],
  );
  return chart.sort(byName);
}

function bareWay({ destination, when, assignments }: TransitionDefinition): BareWay {
  return [destination, when?.text, assignments && assignParameters(assignments)];
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
  const own = implementationOf(transitions);
  const machine = createMachine(configuration, {
    guards: { when: own.when },
    actions: { assign: assign(own.assign) },
  });
  // A flat machine's value is always the name of a state, which xstate's types cannot tell from a configuration like ours.
  return machine as CompiledMachine;
}

function wayTo([target, condition, parameters]: BareWay): TransitionConfiguration {
  return {
    target,
    reenter: false,
    ...(condition === undefined ? {} : { guard: { type: "when", params: { condition } } }),
    ...(parameters === undefined ? {} : { actions: [{ type: "assign", params: parameters }] }),
  };
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
        return way ? [{ ...wayTo(bareWay(way)), ...described(way.description) }] : [];
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
