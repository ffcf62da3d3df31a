/** What a watcher needs of governors: a slot that only so many have at a time, over all hosts that share the store. */

export interface GovernorRequest {
  readonly governor: string;
  /** For people: which watcher of which machine on which host. */
  readonly owner: string;
  /** Gives up waiting after so many ms. */
  readonly timeoutMs: number;
}

export interface Governors {
  /**
   * Waits for a slot. Disposing of it gives it back.
   * @throws TIMEOUT, KEY_NOT_FOUND (there is no such governor: it must be made first), store errors, the signal's reason
   */
  enter(request: GovernorRequest, signal: AbortSignal): Promise<AsyncDisposable>;
}
