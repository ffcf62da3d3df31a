/** What the guards and actions of a compiled machine do. Pure, but for the host's time in events that bring none. */
import type { Assignments, TransitionDefinition } from "../definition/shape.ts";
import { systemClock } from "../lib/clock.ts";
import type { Condition, ConditionScope } from "../lib/condition.ts";
import type { JsonObject } from "../lib/json.ts";
import { assigned, assignParameters } from "./assign/assign.ts";
import { dataAt, type MachineData, noData, type Windows, windowsOf } from "./assign/counters.ts";

/** What guards and actions see besides the machine's context. */
export interface EventScope extends Omit<ConditionScope, "data"> {
  readonly nowMs: number;
  /** Who fires the transition. */
  readonly by: string;
}

/** Events of a machine: `{ type: transition, scope }`. */
export interface ScopedEvent {
  /** Name of the transition. */
  readonly type: string;
  /** Left out: no facts, and the time of the host. */
  readonly scope?: EventScope;
  /** Receives the error of a condition that fails; it does not hold then. */
  readonly onFault?: (cause: unknown) => void;
  /** Receives the keys of the data that the transition sets, also to the value that they had. */
  readonly onAssigned?: (keys: readonly string[]) => void;
  /** Receives the error of an assignment that fails; the data stays then. Left out: the error is thrown. */
  readonly onFailure?: (cause: unknown) => void;
}

/** Functions for xstate: the guard `when`, and what the action `assign` makes of the context. */
export function implementationOf(transitions: readonly TransitionDefinition[]) {
  const conditions = new Map(transitions.flatMap(({ when }) => (when ? [[when.text, when]] : [])));
  const assignments = new Map(
    transitions.flatMap(({ assignments: own }) =>
      own ? [[JSON.stringify(assignParameters(own)), own] as const] : [],
    ),
  );
  const windows = windowsOf(transitions);
  return {
    when: ({ context, event }: Asked, params: unknown): boolean =>
      holds(conditions.get(conditionIn(params)), now(context, event, windows), event),
    assign: ({ context, event }: Asked, params: unknown): Context =>
      changed(assignments.get(JSON.stringify(params)), now(context, event, windows), event),
  };
}

function conditionIn(params: unknown): string {
  const { condition = "" } = { ...(params as { readonly condition?: string } | undefined) };
  return condition;
}

/** Of a compiled machine: `MachineData` or nothing; anything to xstate. */
type Context = Record<string, unknown>;

interface Asked {
  readonly context: Context;
  readonly event: ScopedEvent;
}

function scopeOf({ scope }: ScopedEvent): EventScope {
  return scope ?? { facts: () => ({}), identity: "", state: "", nowMs: systemClock.now(), by: "" };
}

function now(context: Context, event: ScopedEvent, windows: Windows): MachineData {
  return dataAt({ ...noData, ...context }, windows, scopeOf(event).nowMs);
}

function changed(assignments: Assignments | undefined, before: MachineData, event: ScopedEvent): Context {
  if (!assignments) return {};
  const scope = scopeOf(event);
  const { nowMs, state: from, by } = scope;
  try {
    const after = assigned(before, assignments, {
      nowMs,
      transition: { name: event.type, from, at: new Date(nowMs).toISOString(), by },
      get facts(): JsonObject {
        return scope.facts();
      },
    });
    event.onAssigned?.([...assignments.set, ...assignments.increments].map(({ key }) => key));
    return { ...after };
  } catch (cause) {
    if (!event.onFailure) throw cause;
    event.onFailure(cause);
    return {};
  }
}

function holds(condition: Condition | undefined, { data }: MachineData, event: ScopedEvent): boolean {
  const { onFault } = event;
  try {
    return condition?.test({ ...scopeOf(event), data }) ?? false;
  } catch (cause) {
    onFault?.(cause);
    return false;
  }
}
