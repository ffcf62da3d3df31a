/**
 * What changes about any machine, for pages that stay open: at first all machines, then those that are other than they were. While
 * somebody reads, all are compared a few times in a second, once for all readers: so nothing that can be seen is missed, whatever
 * changed it, and a machine that changes a thousand times in a second is told of five times.
 */
import type { CancelTimer, Clock } from "../lib/clock.ts";
import type { Slot } from "../supervisor/slot.ts";
import type { Frame } from "./live.ts";
import { summarize } from "./machine-view.ts";

const pauseMs = 200;

interface Known {
  /** What it is compared by. */
  readonly marks: readonly unknown[];
  /** Its summary as JSON, with `change`: another number each time that anything is other than before, its data too. */
  readonly text: string;
}

/** @param subject a newer frame of the same subject says all that an older one said: the machine's name, or nothing for `ready` */
type Listener = (subject: string, frame: Frame) => void;

export class MachineChanges {
  readonly #slots: () => readonly Slot[];
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  #known = new Map<string, Known>();
  #changes = 0;
  #cancel: CancelTimer | undefined;

  constructor(slots: () => readonly Slot[], clock: Clock) {
    this.#slots = slots;
    this.#clock = clock;
  }

  /** Tells of all machines (`machine`), then `ready`, then of each `machine` that changed and each that is `gone`. @returns the undo */
  follow(listener: Listener): () => void {
    this.#compare();
    for (const [name, { text }] of this.#known) listener(name, { event: "machine", data: text });
    listener("", { event: "ready", data: "{}" });
    this.#listeners.add(listener);
    this.#cancel ??= this.#compareLater();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#cancel?.();
      this.#cancel = undefined;
      this.#known = new Map();
    };
  }

  #compareLater(): CancelTimer {
    return this.#clock.after(
      pauseMs,
      () => {
        this.#compare();
        this.#cancel = this.#compareLater();
      },
      { background: true },
    );
  }

  #compare(): void {
    const gone = new Set(this.#known.keys());
    for (const slot of oneForEachName(this.#slots())) {
      gone.delete(slot.name);
      const marks = marksOf(slot);
      if (areSame(this.#known.get(slot.name)?.marks, marks)) continue;
      this.#changes += 1;
      const text = JSON.stringify({ ...summarize(slot), change: this.#changes });
      this.#known.set(slot.name, { marks, text });
      this.#tell(slot.name, { event: "machine", data: text });
    }
    for (const name of gone) {
      this.#known.delete(name);
      this.#tell(name, { event: "gone", data: JSON.stringify({ name }) });
    }
  }

  #tell(subject: string, frame: Frame): void {
    for (const listener of this.#listeners) listener(subject, frame);
  }
}

/** Two files can be of one name: the one that runs is meant, whatever is wrong with the other. */
function oneForEachName(slots: readonly Slot[]): Iterable<Slot> {
  const byName = new Map<string, Slot>();
  for (const slot of slots) {
    if (byName.get(slot.name)?.machine === undefined) byName.set(slot.name, slot);
  }
  return byName.values();
}

/** A record, a list of faults and what a look found are never changed, only replaced. */
function marksOf({ machine, faults, problem }: Slot): readonly unknown[] {
  const watchers = machine?.watchers.flatMap(
    ({ active, looking, lookedAt, nextLookAt, outcome, awaitedSlot }) => [
      active,
      looking,
      lookedAt,
      nextLookAt,
      outcome,
      awaitedSlot,
    ],
  );
  return [
    machine?.definition,
    machine?.record,
    machine?.mode,
    machine?.delay,
    faults,
    problem,
    ...(watchers ?? []),
  ];
}

function areSame(before: readonly unknown[] | undefined, now: readonly unknown[]): boolean {
  return before?.length === now.length && before.every((mark, index) => mark === now[index]);
}
