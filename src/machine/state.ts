/** The state of one running machine: an actor of the compiled xstate machine, moved only by its machine's queue. */
import { type Actor, createActor } from "xstate";
import type { Definition } from "../definition/shape.ts";
import { type CompiledMachine, sharedMachine } from "./compile.ts";

export class MachineState {
  readonly #compiled: CompiledMachine;
  #actor: Actor<CompiledMachine>;

  /** @param state a known state of the definition */
  constructor(definition: Definition, state: string) {
    this.#compiled = sharedMachine(definition);
    this.#actor = this.#at(state);
  }

  get value(): string {
    return this.#actor.getSnapshot().value;
  }

  isLegal(transition: string): boolean {
    return this.#actor.getSnapshot().can({ type: transition });
  }

  /** Takes a legal transition. @returns the state it leads to, the same one for a self transition */
  take(transition: string): string {
    this.#actor.send({ type: transition });
    return this.value;
  }

  /** Goes back to a state, because the transition away from it could not be committed. */
  restore(state: string): void {
    this.#actor.stop();
    this.#actor = this.#at(state);
  }

  stop(): void {
    this.#actor.stop();
  }

  #at(state: string): Actor<CompiledMachine> {
    return createActor(this.#compiled, { snapshot: this.#compiled.resolveState({ value: state }) }).start();
  }
}
