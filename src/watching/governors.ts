/** What a watcher needs of governors: a slot that only so many have at a time, over all hosts that share the store. */

export interface GovernorRequest {
  readonly governor: string;
  /** For people, and for events. */
  readonly machine: string;
  readonly watcher: string;
  /** Gives up waiting after so many ms. */
  readonly timeoutMs: number;
}

/** A place among the holders of a governor. Disposing of it gives it back, and never rejects: what cannot be given back ends by itself. */
export interface GovernorSlot extends AsyncDisposable {
  /** Aborted, with a LEASE_LOST error as its reason, when somebody else may have the slot: stop what it is for. */
  readonly lost: AbortSignal;
}

export interface Governors {
  /**
   * Waits for a slot, and keeps it until it is disposed of or lost.
   * @throws TIMEOUT, KEY_NOT_FOUND (there is no such governor: it must be made first), store errors, the signal's reason
   */
  enter(request: GovernorRequest, signal: AbortSignal): Promise<GovernorSlot>;
}
