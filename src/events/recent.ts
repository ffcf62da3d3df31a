/**
 * The last events of the bus, numbered, for those who come later or again. What is promised: ids are in order and never used
 * twice, also after a restart; whoever asks for what came after an id gets all of it in order, or is told that some is missing.
 */
import type { Bus, MachineEvent } from "./bus.ts";

export interface NumberedEvent {
  /** `BEGINNING-NUMBER`: when the daemon began, and the event's number since then. */
  readonly id: string;
  readonly event: MachineEvent;
  /** The event as JSON, made once for all who want it. */
  readonly text: string;
}

export interface Replay {
  /** False when events between the id and the first one here are gone. */
  readonly isComplete: boolean;
  readonly events: readonly NumberedEvent[];
}

const mostKept = 4_096;

export class RecentEvents {
  readonly #beginning: string;
  readonly #most: number;
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  readonly #forget: () => void;
  #kept: Numbered[] = [];
  #count = 0;

  /** @param nowMs tells this daemon's ids from those of the ones before it */
  constructor(bus: Bus, nowMs: number, most = mostKept) {
    this.#beginning = nowMs.toString(36);
    this.#most = most;
    this.#forget = bus.subscribe((event) => this.#add(event));
  }

  /** All that is kept, oldest first. */
  get all(): readonly NumberedEvent[] {
    return this.#kept.slice(-this.#most);
  }

  /** What came after the event with this id; after an id of an earlier daemon or nobody's, all that is kept. */
  after(id: string): Replay {
    const [beginning, digits = ""] = id.split("-");
    const number = Number(digits);
    const isOurs = beginning === this.#beginning && /^\d+$/.test(digits) && number <= this.#count;
    if (!isOurs) return { isComplete: false, events: this.all };
    const events = this.all.slice(Math.max(this.all.length - (this.#count - number), 0));
    return { isComplete: this.#count - number <= this.all.length, events };
  }

  /** Calls back for each event from now on. @returns the undo */
  follow(listener: (event: NumberedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#forget();
  }

  #add(event: MachineEvent): void {
    this.#count += 1;
    const numbered = new Numbered(`${this.#beginning}-${this.#count}`, event);
    this.#kept.push(numbered);
    // Now and then, not each time: moving thousands for each event would be most of its cost.
    if (this.#kept.length >= 2 * this.#most) this.#kept = this.#kept.slice(-this.#most);
    for (const listener of this.#listeners) listener(numbered);
  }
}

class Numbered implements NumberedEvent {
  readonly id: string;
  readonly event: MachineEvent;
  #text: string | undefined;

  constructor(id: string, event: MachineEvent) {
    this.id = id;
    this.event = event;
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.event);
    return this.#text;
  }
}
