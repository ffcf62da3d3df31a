/** Definitions for tests of the running machine, made without a file. */
import type { Definition, TransitionDefinition, WatcherDefinition } from "../../src/definition/shape.ts";

/** `transition("go", ["A"], "B")`. */
export function transition(name: string, from: readonly string[], destination: string): TransitionDefinition {
  return { name, from, destination, description: "", subscribe: [], when: undefined, assignments: undefined };
}

export function watcher(
  name: string,
  type: string,
  more: Partial<WatcherDefinition> = {},
): WatcherDefinition {
  return {
    name,
    type,
    stateMatch: [],
    foreignStates: [],
    successTransition: undefined,
    failTransition: undefined,
    intervalMs: undefined,
    announceIntervalMs: undefined,
    retry: undefined,
    requires: [],
    properties: {},
    ...more,
  };
}

/** `go` leads from A to B, `back` from B to A; no rate limit, no watchers. */
export function definition(more: Partial<Definition> = {}): Definition {
  const transitions = more.transitions ?? [transition("go", ["A"], "B"), transition("back", ["B"], "A")];
  const initialState = more.initialState ?? "A";
  const named = transitions.flatMap(({ from, destination }) => [...from, destination]);
  return {
    name: "m",
    version: "1.0.0",
    description: "",
    initialState,
    states: [...new Set([initialState, ...named])],
    splayStartMs: 0,
    onRestart: "resume",
    rateLimit: null,
    transitions,
    watchers: [],
    hash: "hash",
    file: "/machines/m.yaml",
    directory: "/machines",
    ...more,
  };
}
