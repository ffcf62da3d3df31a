/** The state chart of a definition as plain data: what every drawing starts from. Knows no format. */

import { formatDuration } from "../lib/duration.ts";
import { chartOf } from "./chart.ts";
import type {
  Assignments,
  Definition,
  TransitionDefinition,
  WatcherDefinition,
  WatcherTypeShape,
} from "./shape.ts";

export interface Arrow {
  readonly from: string;
  readonly transition: string;
  readonly to: string;
  /** The condition under which it leads there; undefined: always. */
  readonly when: string | undefined;
  /** What it does to the data, without values: `count restarts in 1h, set note`; undefined: nothing. */
  readonly assigns: string | undefined;
  /** What fires it in that state: `check on success`, `subscription to other`; empty: a person only. */
  readonly firedBy: readonly string[];
}

/** A watcher that is active in a state. */
export interface StateWatcher {
  readonly name: string;
  readonly type: string;
}

export interface StateChart {
  readonly name: string;
  readonly version: string;
  readonly initialState: string;
  readonly states: readonly string[];
  /** In order of the states, then of the definition. */
  readonly arrows: readonly Arrow[];
  /** By state, each state with an entry: the watchers that are active in it, in order of the definition. */
  readonly watchers: Readonly<Record<string, readonly StateWatcher[]>>;
  /** Where the machine is; undefined for one that does not run. */
  readonly current: string | undefined;
}

export function stateChartOf(
  definition: Definition,
  types: ReadonlyMap<string, WatcherTypeShape>,
  current: string | undefined,
): StateChart {
  const { name, version, initialState, states } = definition;
  const firings = definition.watchers.flatMap((watcher) => firingsOf(watcher, types));
  const arrows = arrowsOf(definition, firings);
  const watchers = Object.fromEntries(
    states.map((state) => [state, definition.watchers.filter(activeIn(state)).map(nameAndType)]),
  );
  return { name, version, initialState, states, arrows, watchers, current };
}

function activeIn(state: string) {
  return ({ stateMatch }: WatcherDefinition): boolean =>
    stateMatch.length === 0 || stateMatch.includes(state);
}

function nameAndType({ name, type }: WatcherDefinition): StateWatcher {
  return { name, type };
}

interface Firing {
  readonly transition: string;
  readonly reason: string;
  /** Empty: in every state. */
  readonly states: readonly string[];
}

function arrowsOf(definition: Definition, firings: readonly Firing[]): Arrow[] {
  const arrows: Arrow[] = [];
  for (const [from, ways] of chartOf(definition)) {
    for (const [name, index] of [...ways].flatMap(([way, indexes]) =>
      indexes.map((at) => [way, at] as const),
    )) {
      const transition = definition.transitions[index];
      if (!transition) continue;
      const watchers = firings.filter((firing) => firing.transition === name && isActive(firing, from));
      const firedBy = [...watchers.map(({ reason }) => reason), ...subscriptions(transition)];
      const { destination: to, when, assignments } = transition;
      const assigns = assignments && assignmentsText(assignments);
      arrows.push({ from, transition: name, to, when: when?.text, assigns, firedBy });
    }
  }
  return arrows;
}

function assignmentsText({ set, increments }: Assignments): string {
  const counted = increments.map(
    ({ key, windowMs }) => `count ${key}${windowMs === undefined ? "" : ` in ${formatDuration(windowMs)}`}`,
  );
  return [...counted, ...set.map(({ key }) => `set ${key}`)].join(", ");
}

function firingsOf(watcher: WatcherDefinition, types: ReadonlyMap<string, WatcherTypeShape>): Firing[] {
  const { name, successTransition, failTransition, stateMatch: states } = watcher;
  const own = types.get(watcher.type)?.transitions?.(watcher.properties) ?? [];
  return [
    ...(successTransition ? [{ transition: successTransition, reason: `${name} on success`, states }] : []),
    ...(failTransition ? [{ transition: failTransition, reason: `${name} on failure`, states }] : []),
    ...own.map((fired) => ({ transition: fired.name, reason: name, states })),
  ];
}

function isActive({ states }: Firing, state: string): boolean {
  return states.length === 0 || states.includes(state);
}

function subscriptions({ subscribe }: TransitionDefinition): string[] {
  return subscribe.map(({ machine, event }) => `${event} of ${machine}`);
}
