/** States that a machine never leaves again when a command fails once. Pure. */
import type { KnownNames } from "./check-watchers.ts";
import type { Draft, WatcherDraft } from "./draft.ts";
import type { Problem } from "./fault.ts";
import { choice } from "./value-words.ts";

export class WaysOut {
  readonly #draft: Draft;
  readonly #known: KnownNames;
  /** State → watchers that can lead out of it, by index; two are as good as more. */
  readonly #movers = new Map<string, readonly number[]>();

  /** @param transitions of each watcher: all that it can fire */
  constructor(draft: Draft, known: KnownNames, transitions: readonly (readonly string[])[]) {
    this.#draft = draft;
    this.#known = known;
    for (const [index, watcher] of draft.watchers.entries()) {
      for (const state of this.#activeStates(watcher)) {
        const movers = this.#movers.get(state) ?? [];
        const leads = transitions[index]?.some((transition) => this.#leadsOut(transition, state));
        if (leads && movers.length < 2) this.#movers.set(state, [...movers, index]);
      }
    }
  }

  /**
   * A warning for a watcher that looks once per stay, moves the machine on when that succeeds, and leaves it there for good
   * when it fails: nothing repeats the look, and nothing else leads out.
   */
  check(index: number): Problem[] {
    const watcher = this.#draft.watchers[index];
    if (!watcher || watcher.successTransition === undefined || watcher.intervalMs || watcher.retry) return [];
    const { name, successTransition, failTransition } = watcher;
    const traps = this.#activeStates(watcher).filter(
      (state) =>
        this.#leadsOut(successTransition, state) &&
        !this.#leadsOut(failTransition, state) &&
        (this.#movers.get(state) ?? []).every((mover) => mover === index) &&
        !this.#isSubscribed(state),
    );
    if (traps.length === 0) return [];
    const message = `after one failure the machine stays in ${choice(traps, "and")}: nothing leads out and nothing runs "${name}" again; add fail_transition, interval or retry`;
    return [{ path: ["watchers", index, "name"], message, severity: "warning" }];
  }

  #activeStates({ stateMatch }: WatcherDraft): string[] {
    const { reached } = this.#known;
    return stateMatch.length === 0 ? [...reached] : stateMatch.filter((state) => reached.has(state));
  }

  #leadsOut(transition: string | undefined, state: string): boolean {
    const ways = this.#known.chart.get(state)?.get(transition ?? "") ?? [];
    return ways.some((index) => this.#draft.transitions[index]?.destination !== state);
  }

  /** Whether another machine can move this one out of the state. */
  #isSubscribed(state: string): boolean {
    return this.#draft.transitions.some(
      ({ from, destination, subscribe }) =>
        subscribe.length > 0 && from.includes(state) && destination !== state,
    );
  }
}
