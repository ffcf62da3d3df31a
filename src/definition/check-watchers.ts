/** What watchers say against their machine's chart and their type. Pure. */

import { didYouMean } from "../lib/did-you-mean.ts";
import { formatDuration } from "../lib/duration.ts";
import { type Chart, chartOf, reachableStates, statesOf } from "./chart.ts";
import type { Draft, WatcherDraft } from "./draft.ts";
import type { Path, Problem } from "./fault.ts";
import { shortestAnnounceMs } from "./machine-schema.ts";
import type { NamedIn, WatcherTypeShape } from "./shape.ts";
import { choice, quoted } from "./value-words.ts";

/** Names that watchers may use; undefined while the transitions themselves are in disorder. */
export interface KnownNames {
  readonly states: ReadonlySet<string>;
  readonly transitions: ReadonlySet<string>;
  readonly reached: ReadonlySet<string>;
  /** Transitions that are legal in some reached state. */
  readonly legal: ReadonlySet<string>;
  readonly chart: Chart;
}

export function knownNames(draft: Draft): KnownNames {
  const chart = chartOf(draft);
  const reached = reachableStates(draft, chart);
  return {
    states: new Set(statesOf(draft)),
    transitions: new Set(draft.transitions.map(({ name }) => name)),
    reached,
    legal: new Set([...reached].flatMap((state) => [...(chart.get(state)?.keys() ?? [])])),
    chart,
  };
}

/** Unknown states of one watcher that are told of: the rest is more of the same. */
const mostUnknownStates = 20;

/** Two watchers of one name: their cursors and their data would be one. */
export function checkWatcherNames({ watchers }: Draft, lineOf: (path: Path) => number): Problem[] {
  const first = new Map<string, number>();
  const problems: Problem[] = [];
  for (const [index, { name }] of watchers.entries()) {
    const earlier = first.get(name);
    if (name === "" || earlier === undefined) {
      first.set(name, index);
      continue;
    }
    const line = lineOf(["watchers", earlier, "name"]);
    const message = `watcher "${name}" is already on line ${line}: every watcher needs a name of its own`;
    problems.push({ path: ["watchers", index, "name"], message });
  }
  return problems;
}

export function checkStates(watcher: WatcherDraft, path: Path, known: KnownNames): Problem[] {
  const problems: Problem[] = [];
  for (const [index, state] of watcher.stateMatch.entries()) {
    if (state === "" || known.states.has(state)) continue;
    const message = `watcher ${quoted(watcher.name)} names the unknown state ${quoted(state)}${hint(state, known.states, "states")}`;
    problems.push({ path: [...path, "state_match", index], message });
    if (problems.length === mostUnknownStates) break;
  }
  if (problems.length > 0 || watcher.stateMatch.length === 0) return problems;
  if (watcher.stateMatch.some((state) => known.reached.has(state))) return [];
  const message = `watcher "${watcher.name}" can never be active: ${choice(watcher.stateMatch, "and")} can never be reached`;
  return [{ path: [...path, "state_match"], message, severity: "warning" }];
}

/** States that the properties of a watcher name. */
export function checkNamedStates(
  watcher: WatcherDraft,
  named: readonly NamedIn[],
  known: KnownNames,
): Problem[] {
  return named
    .filter(({ name }) => !known.states.has(name))
    .slice(0, mostUnknownStates)
    .map(({ name, path }) => {
      const message = `watcher ${quoted(watcher.name)} names the unknown state ${quoted(name)}${hint(name, known.states, "states")}`;
      return { path, message };
    });
}

export function checkTransitions(
  watcher: WatcherDraft,
  named: readonly NamedIn[],
  known: KnownNames,
): Problem[] {
  const problems: Problem[] = [];
  for (const { name, path } of named) {
    if (!known.transitions.has(name)) {
      const message = `watcher ${quoted(watcher.name)} names the unknown transition ${quoted(name)}${hint(name, known.transitions, "transitions")}`;
      problems.push({ path, message });
    } else if (!isLegalWhileActive(watcher, name, known)) {
      const message = `transition "${name}" is legal in none of the states in which watcher "${watcher.name}" is active: it will never be fired`;
      problems.push({ path, message, severity: "warning" });
    }
  }
  return problems;
}

function hint(name: string, known: ReadonlySet<string>, noun: string): string {
  return didYouMean(name, known) || `; known ${noun}: ${choice([...known], "and")}`;
}

/** True also when it is active nowhere or nothing ever makes the transition legal: others complain of that. */
function isLegalWhileActive(
  watcher: WatcherDraft,
  name: string,
  { reached, legal, chart }: KnownNames,
): boolean {
  const active = watcher.stateMatch.filter((state) => reached.has(state));
  return active.length === 0 || !legal.has(name) || active.some((state) => chart.get(state)?.has(name));
}

export function checkAnnounceInterval({ announceIntervalMs }: WatcherDraft, path: Path): Problem[] {
  if (announceIntervalMs === undefined || announceIntervalMs >= shortestAnnounceMs) return [];
  const message = `${formatDuration(announceIntervalMs)} is too short, expected at least ${formatDuration(shortestAnnounceMs)}`;
  return [{ path: [...path, "announce_interval"], message }];
}

export function checkInterval({ intervalMs }: WatcherDraft, path: Path, type: WatcherTypeShape): Problem[] {
  if (intervalMs === undefined) return [];
  const at = [...path, "interval"];
  const shortest = type.minimumIntervalMs;
  if (shortest === undefined) {
    const message = `a ${type.type} watcher has no use for an interval: it is ignored`;
    return [{ path: at, message, severity: "warning" }];
  }
  if (intervalMs >= shortest) return [];
  const message = `${formatDuration(intervalMs)} is too short for a ${type.type} watcher, expected at least ${formatDuration(shortest)}`;
  return [{ path: at, message }];
}
