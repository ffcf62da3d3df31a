/** What a running machine publishes on the bus. */
import type { Bus } from "../events/bus.ts";
import {
  type EventSubject,
  gossipEvent,
  pauseEvent,
  restoredEvent,
  transitionEvent,
  watcherEvent,
} from "../events/event.ts";
import type { Clock } from "../lib/clock.ts";
import type { Observation } from "../watching/watcher.ts";
import type { WatcherView } from "../watching/watcher-view.ts";
import type { LastTransition } from "./record.ts";

interface Parts {
  readonly bus: Bus;
  readonly clock: Clock;
  /** What every payload says of the machine. */
  readonly subject: () => EventSubject;
}

export class MachineEvents {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  moved({ transition, from, to, by, at }: LastTransition): void {
    const { bus, subject } = this.#parts;
    bus.publish(transitionEvent(subject(), { transition, from, to, by, atMs: Date.parse(at) }));
  }

  paused(happened: Parameters<typeof pauseEvent>[1]): void {
    const { bus, clock, subject } = this.#parts;
    bus.publish(pauseEvent(subject(), happened, clock.now()));
  }

  restored(state: string): void {
    const { bus, clock, subject } = this.#parts;
    bus.publish(restoredEvent(subject(), state, clock.now()));
  }

  gossip(name: string, message: NonNullable<Observation["message"]>): void {
    const { bus, clock, subject } = this.#parts;
    bus.publish(gossipEvent(subject(), { name, ...message }, clock.now()));
  }

  watcher({ name, type, outcome, detail }: WatcherView): void {
    const { bus, clock, subject } = this.#parts;
    bus.publish(watcherEvent(subject(), { name, type, detail: { state: outcome, ...detail } }, clock.now()));
  }
}
