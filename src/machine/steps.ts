/**
 * Where each transition leads. xstate decides; where no condition is asked the answer is remembered, because in a flat machine
 * without context it is always the same. So a running machine needs no actor of its own: its state is the one in its record,
 * and a step that could not be committed need not be taken back.
 */
import { getNextSnapshot } from "xstate";
import type { Definition } from "../definition/shape.ts";
import type { ConditionScope } from "../lib/condition.ts";
import { messageOf } from "../lib/errors.ts";
import { type CompiledMachine, type GuardedEvent, sharedMachine } from "./compile.ts";

/** `to`: the state that the transition leads to, the same one for a self transition. Without it the transition is not legal. */
export interface Step {
  readonly to?: string;
  /** Why it is not legal, when a condition says so. */
  readonly refusal?: string;
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

  from(state: string, transition: string, scope: ConditionScope): Step {
    const known = this.#known.get(state)?.get(transition);
    if (known) return known;
    let isAsked = false;
    const faults: string[] = [];
    const step = this.#decide(state, {
      type: transition,
      get scope() {
        isAsked = true;
        return scope;
      },
      onFault: (cause) => faults.push(messageOf(cause)),
    });
    if (isAsked)
      return step.to === undefined ? { refusal: faults[0] ?? "its condition does not hold" } : step;
    const steps = this.#known.get(state) ?? new Map<string, Step>();
    this.#known.set(state, steps.set(transition, step));
    return step;
  }

  #decide(state: string, event: GuardedEvent): Step {
    const snapshot = this.#compiled.resolveState({ value: state });
    if (!snapshot.can(event)) return {};
    return { to: String(getNextSnapshot(this.#compiled, snapshot, event).value) };
  }
}

const shared = new WeakMap<CompiledMachine, Steps>();
