/** The state chart of a machine: which transition leads where from which state. Pure. */
import type { Definition, TransitionDefinition } from "./shape.ts";

type ChartSource = Pick<Definition, "initialState"> & {
  readonly transitions: readonly Pick<TransitionDefinition, "name" | "from" | "destination" | "when">[];
};

/**
 * State → transition name → the ways to go, as indexes in the definition's transitions: those with a condition in their
 * order, then the one without. Every state has an entry.
 */
export type Chart = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

/** Initial state, then all others in order of first mention. */
export function statesOf({ initialState, transitions }: ChartSource): string[] {
  const states = new Set([initialState]);
  for (const { from, destination } of transitions) {
    for (const state of from) states.add(state);
    states.add(destination);
  }
  return [...states];
}

/** Of those without a condition the last definition of a (transition, state) pair wins, as in Choria. */
export function chartOf(source: ChartSource): Chart {
  const { transitions } = source;
  const chart = new Map(statesOf(source).map((state) => [state, new Map<string, readonly number[]>()]));
  for (const [index, { name, from, when }] of transitions.entries()) {
    for (const state of from) {
      const earlier = chart.get(state)?.get(name) ?? [];
      const guarded = earlier.filter((other) => transitions[other]?.when);
      const plain = earlier.filter((other) => !transitions[other]?.when);
      chart.get(state)?.set(name, when ? [...guarded, index, ...plain] : [...guarded, index]);
    }
  }
  return chart;
}

/** The states that some sequence of transitions leads to from the initial one, itself included. */
export function reachableStates(source: ChartSource, chart: Chart = chartOf(source)): Set<string> {
  const reached = new Set([source.initialState]);
  // A Set is iterated to its end, also what is added on the way.
  for (const state of reached) {
    for (const index of [...(chart.get(state)?.values() ?? [])].flat()) {
      const destination = source.transitions[index]?.destination;
      if (destination !== undefined) reached.add(destination);
    }
  }
  return reached;
}
