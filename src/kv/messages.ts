/** Plain messages of a message server: sent once, to whoever listens at that moment. */

export interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
}

export interface Messages {
  /** Hands the message to the connection; nobody acknowledges it. What cannot be sent now is dropped. */
  publish(message: Message): void;
  /** What comes from now on, until the signal is aborted; goes on after a lost connection. */
  subscribe(subject: string, signal: AbortSignal): AsyncIterable<Message>;
}
