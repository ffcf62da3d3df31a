/** What a machine's states and transitions say that cannot be meant. Pure. */

import { didYouMean } from "../lib/did-you-mean.ts";
import { type Chart, chartOf, reachableStates, statesOf } from "./chart.ts";
import type { Draft } from "./draft.ts";
import type { Path, Problem } from "./fault.ts";
import { misspelling } from "./typo.ts";

/** Line of a path in the file, from 1. */
export type LineOf = (path: Path) => number;

/** @param draft with transitions and an initial state of the right shape */
export function checkChart(draft: Draft, lineOf: LineOf): Problem[] {
  const chart = chartOf(draft);
  if (chart.get(draft.initialState)?.size === 0) return [...overruled(draft, lineOf), deadStart(draft)];
  const reached = reachableStates(draft, chart);
  return [
    ...overruled(draft, lineOf),
    ...misspeltEnds(draft, chart),
    ...unreachable(draft, reached),
    ...neverLegal(draft, chart, reached),
  ];
}

/** Said once: that everything else is unreachable then would be said many times. */
function deadStart({ initialState, transitions }: Draft): Problem {
  const hint = didYouMean(
    initialState,
    transitions.flatMap(({ from }) => from),
  );
  const message = `no transition leads out of the initial state "${initialState}": the machine can never move${hint}`;
  return { path: ["initial_state"], message, severity: hint === "" ? "warning" : "error" };
}

/** Destinations without a way out that no watcher names, and that are another state with a slip of the pen. */
function misspeltEnds(draft: Draft, chart: Chart): Problem[] {
  const named = new Set(draft.watchers.flatMap(({ stateMatch }) => stateMatch));
  const meantOnes = new Set(
    statesOf(draft).filter((state) => named.has(state) || chart.get(state)?.size !== 0),
  );
  const problems: Problem[] = [];
  for (const [index, { destination }] of draft.transitions.entries()) {
    if (meantOnes.has(destination)) continue;
    const sure = [...meantOnes].find((state) => misspelling(destination, state) === "surely");
    const meant = sure ?? [...meantOnes].find((state) => misspelling(destination, state) === "perhaps");
    if (meant === undefined) continue;
    const message = `destination "${destination}" is a state without a way out that no watcher names, did you mean "${meant}"? To make it an end all the same, name it in the state_match of a watcher`;
    const severity = sure === undefined ? "warning" : "error";
    problems.push({ path: ["transitions", index, "destination"], message, severity });
  }
  return problems;
}

/** The same transition from the same state, defined again with another destination or only once more. */
function overruled({ transitions }: Draft, lineOf: LineOf): Problem[] {
  const problems: Problem[] = [];
  const first = new Map<string, Path>();
  for (const [index, { name, from, when }] of transitions.entries()) {
    // Those with a condition stand beside one another.
    for (const [at, state] of when ? [] : from.entries()) {
      const path = ["transitions", index, "from", at];
      const pair = `${name} ${state}`;
      const earlier = first.get(pair);
      first.set(pair, path);
      if (!earlier) continue;
      const lines = `lines ${lineOf(earlier)} and ${lineOf(path)}`;
      const message = `transition "${name}" from state "${state}" is defined twice, on ${lines}: the last one counts`;
      problems.push({ path, message, severity: "warning" });
    }
  }
  return problems;
}

function unreachable(draft: Draft, reached: ReadonlySet<string>): Problem[] {
  return statesOf(draft)
    .filter((state) => !reached.has(state))
    .map((state) => {
      const hint = didYouMean(state, reached);
      const message = `state "${state}" can never be reached from "${draft.initialState}"${hint}`;
      return { path: firstMention(draft, state), message, severity: "warning" };
    });
}

function firstMention({ transitions }: Draft, state: string): Path {
  for (const [index, { from, destination }] of transitions.entries()) {
    const at = from.indexOf(state);
    if (at >= 0) return ["transitions", index, "from", at];
    if (destination === state) return ["transitions", index, "destination"];
  }
  return [];
}

function neverLegal({ transitions }: Draft, chart: Chart, reached: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  for (const [index, { name, from }] of transitions.entries()) {
    const path = ["transitions", index, "from"];
    if (from.length === 0) {
      const message = `transition "${name}" is legal in no state: nothing and nobody can ever fire it`;
      problems.push({ path, message, severity: "warning" });
    } else if (!from.some((state) => reached.has(state) && chart.get(state)?.has(name))) {
      const message = `transition "${name}" is legal only in states that are never reached: nothing and nobody can ever fire it`;
      problems.push({ path, message, severity: "warning" });
    }
  }
  return problems;
}
