/** Who may go first: messages of one lane are given to their handlers in the order in which they came. */
export class Lanes {
  readonly #lanes = new Map<string, string[]>();

  enter(lane: string, id: string): void {
    const ids = this.#lanes.get(lane);
    if (!ids) this.#lanes.set(lane, [id]);
    else if (!ids.includes(id)) ids.push(id);
  }

  isFirst(lane: string, id: string): boolean {
    return this.#lanes.get(lane)?.[0] === id;
  }

  /** @returns who is first now, when `id` had its place */
  leave(lane: string, id: string): string | undefined {
    const ids = this.#lanes.get(lane) ?? [];
    const at = ids.indexOf(id);
    if (at === -1) return undefined;
    ids.splice(at, 1);
    if (ids.length === 0) this.#lanes.delete(lane);
    return ids[0];
  }
}
