/** What a consumer hands its messages to. */
import type { Msg } from "nats";
import type { Delivered } from "../messages.ts";

export interface Sink {
  /** A consumer begins. @param pending so many messages are there @param upTo the bucket's revision just before */
  began(pending: number, upTo: number): void;
  message(message: Msg, place: Delivered): void;
  /** The server has nothing more for now: some of what was there has been removed meanwhile. */
  idle(): void;
  failed(error: Error): void;
  /** The server is to wait: nothing is lost. */
  readonly isFull: boolean;
}
