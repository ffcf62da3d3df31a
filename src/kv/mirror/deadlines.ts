/** When entries end, soonest first: a binary heap. It may hold entries that are no longer current; its owner knows. */

export interface Deadline {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly key: string;
  readonly revision: number;
}

export class Deadlines {
  #heap: Deadline[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get soonest(): Deadline | undefined {
    return this.#heap[0];
  }

  add(deadline: Deadline): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (!parent || parent.at <= deadline.at) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = deadline;
  }

  /** Takes the soonest away. */
  take(): Deadline | undefined {
    const [soonest] = this.#heap;
    const last = this.#heap.pop();
    if (last && last !== soonest) this.#sink(last);
    return soonest;
  }

  replaceAll(deadlines: Iterable<Deadline>): void {
    // Sorted is a heap too.
    this.#heap = [...deadlines].sort((left, right) => left.at - right.at);
  }

  #sink(deadline: Deadline): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const below = this.#smallerBelow(place);
      const child = heap[below];
      if (!child || child.at >= deadline.at) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = deadline;
  }

  #smallerBelow(place: number): number {
    const left = this.#heap[2 * place + 1]?.at ?? Number.POSITIVE_INFINITY;
    const right = this.#heap[2 * place + 2]?.at ?? Number.POSITIVE_INFINITY;
    return right < left ? 2 * place + 2 : 2 * place + 1;
  }
}
