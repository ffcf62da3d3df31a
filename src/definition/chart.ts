/** The state chart of a machine: which transition leads where from which state. Pure. */
import type { Definition, TransitionDefinition } from "./shape.ts";

type ChartSource = Pick<Definition, "initialState"> & {
  readonly transitions: readonly Pick<TransitionDefinition, "name" | "from" | "destination">[];
};

/** State → transition name → index in the definition's transitions. Every state has an entry. */
export type Chart = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Initial state, then all others in order of first mention. */
export function statesOf({ initialState, transitions }: ChartSource): string[] {
  const states = new Set([initialState]);
  for (const { from, destination } of transitions) {
    for (const state of from) states.add(state);
    states.add(destination);
  }
  return [...states];
}

/** The last definition of a (transition, state) pair wins, as in Choria. */
export function chartOf(source: ChartSource): Chart {
  const chart = new Map(statesOf(source).map((state) => [state, new Map<string, number>()]));
  for (const [index, { name, from }] of source.transitions.entries()) {
    for (const state of from) chart.get(state)?.set(name, index);
  }
  return chart;
}

/** The states that some sequence of transitions leads to from the initial one, itself included. */
export function reachableStates(source: ChartSource, chart: Chart = chartOf(source)): Set<string> {
  const reached = new Set([source.initialState]);
  // A Set is iterated to its end, also what is added on the way.
  for (const state of reached) {
    for (const index of chart.get(state)?.values() ?? []) {
      const destination = source.transitions[index]?.destination;
      if (destination !== undefined) reached.add(destination);
    }
  }
  return reached;
}
