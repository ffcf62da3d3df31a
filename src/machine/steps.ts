/**
 * Where each transition leads, and what it makes of the data. xstate decides; where nothing is asked and nothing set, the answer
 * is remembered, because in a flat machine it is always the same. So a running machine needs no actor of its own: its state and
 * data are those in its record, and a step that could not be committed need not be taken back.
 */
import { getNextSnapshot } from "xstate";
import type { Definition } from "../definition/shape.ts";
import { messageOf } from "../lib/errors.ts";
import type { MachineData } from "./assign/counters.ts";
import type { Assigned } from "./change.ts";
import { type CompiledMachine, sharedMachine } from "./compile.ts";
import type { EventScope, ScopedEvent } from "./implementation.ts";

/** `to`: the state that the transition leads to, the same one for a self transition. Without it the transition is not legal. */
export interface Step {
  readonly to?: string;
  /** Why it is not legal, when a condition says so. */
  readonly refusal?: string;
  /** What it makes of the data; left out when it does not set any. */
  readonly assigned?: Assigned;
  /** Why it is legal, but cannot be made. */
  readonly failure?: string;
}

/** The answers for one definition; machines with equal charts share them. */
export class Steps {
  readonly #compiled: CompiledMachine;
  readonly #known = new Map<string, Map<string, Step>>();

  static of(definition: Definition): Steps {
    const compiled = sharedMachine(definition);
    const steps = shared.get(compiled) ?? new Steps(compiled);
    shared.set(compiled, steps);
    return steps;
  }

  private constructor(compiled: CompiledMachine) {
    this.#compiled = compiled;
  }

  /** @param now the data as it is at the time of the scope */
  from(now: MachineData, transition: string, scope: EventScope): Step {
    const { state } = scope;
    const known = this.#known.get(state)?.get(transition);
    if (known) return known;
    let isAsked = false;
    const faults: string[] = [];
    const failures: string[] = [];
    const keys: string[] = [];
    const { to, after } = this.#decide(state, now, {
      type: transition,
      get scope() {
        isAsked = true;
        return scope;
      },
      onFault: (cause) => faults.push(messageOf(cause)),
      onFailure: (cause) => failures.push(messageOf(cause)),
      onAssigned: (assigned) => keys.push(...assigned),
    });
    const [failure] = failures;
    if (to === undefined) return isAsked ? { refusal: faults[0] ?? "its condition does not hold" } : {};
    if (failure !== undefined) return { to, failure };
    if (keys.length > 0) return { to, assigned: pick(after, keys) };
    const step = { to };
    if (!isAsked) this.#remember(state, transition, step);
    return step;
  }

  #decide(state: string, now: MachineData, event: ScopedEvent): { to?: string; after: MachineData } {
    const snapshot = this.#compiled.resolveState({ value: state, context: { ...now } });
    if (!snapshot.can(event)) return { after: now };
    const { value, context } = getNextSnapshot(this.#compiled, snapshot, event);
    return { to: String(value), after: { ...now, ...context } };
  }

  #remember(state: string, transition: string, step: Step): void {
    const steps = this.#known.get(state) ?? new Map<string, Step>();
    this.#known.set(state, steps.set(transition, step));
  }
}

function pick({ data, occurrences }: MachineData, keys: readonly string[]): Assigned {
  const patch = Object.fromEntries(Object.entries(data).filter(([key]) => keys.includes(key)));
  return { patch, occurrences };
}

const shared = new WeakMap<CompiledMachine, Steps>();
