/** Plain messages of a message server: sent once, to whoever listens at that moment. */

export interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
}

export interface Messages {
  /**
   * Hands the message to the connection; nobody acknowledges it. What cannot be sent now, because the server is away or the
   * store closed, is dropped.
   * @throws INVALID_ARGUMENT (no such subject, or a header that cannot be sent), VALUE_TOO_LARGE
   */
  publish(message: Message): void;
  /**
   * What comes from the moment of the call on, until the signal is aborted or the store closes: then it ends, without an error. Goes
   * on after a lost connection; what was sent meanwhile is not seen. Read it, or abort the signal: what is not read is kept.
   * @param subject tokens joined by dots; a whole token may be `*`, and the last one `>`
   * @throws INVALID_ARGUMENT (no such subject), STORE_CLOSED at once; FAILED (the user may not) from the iterator
   */
  subscribe(subject: string, signal: AbortSignal): AsyncIterable<Message>;
}
