/**
 * Where each transition leads. xstate decides, once for each state and transition of a compiled machine; the answer is
 * remembered, because in a flat machine without guards or context it is always the same. So a running machine needs no actor
 * of its own: its state is the one in its record, and a step that could not be committed need not be taken back.
 */
import { getNextSnapshot } from "xstate";
import type { Definition } from "../definition/shape.ts";
import { type CompiledMachine, sharedMachine } from "./compile.ts";

/** The answer for one definition; machines with equal charts share it. */
export class Steps {
  readonly #compiled: CompiledMachine;
  readonly #known = new Map<string, Map<string, string | undefined>>();

  static of(definition: Definition): Steps {
    const compiled = sharedMachine(definition);
    const steps = shared.get(compiled) ?? new Steps(compiled);
    shared.set(compiled, steps);
    return steps;
  }

  private constructor(compiled: CompiledMachine) {
    this.#compiled = compiled;
  }

  /** The state that a transition leads to, the same one for a self transition; undefined when it is not legal there. */
  from(state: string, transition: string): string | undefined {
    const known = this.#known.get(state) ?? new Map<string, string | undefined>();
    if (!known.has(transition)) {
      this.#known.set(state, known.set(transition, this.#decide(state, transition)));
    }
    return known.get(transition);
  }

  #decide(state: string, type: string): string | undefined {
    const snapshot = this.#compiled.resolveState({ value: state });
    if (!snapshot.can({ type })) return undefined;
    return String(getNextSnapshot(this.#compiled, snapshot, { type }).value);
  }
}

const shared = new WeakMap<CompiledMachine, Steps>();
