/** Messages of a store whose server may still be away: what is sent meanwhile is dropped, who listens waits. */
import type { Message, Messages } from "../../messages.ts";
import { validateSubject, validateSubjectFilter } from "../../names.ts";

export interface MessagesToCome {
  /** Those of the real store, once it is there. */
  now(): Messages | undefined;
  /** Waits for them. Rejects with the signal's reason, or when there will never be any. */
  later(signal: AbortSignal): Promise<Messages | undefined>;
  /** Aborted when the store closes. */
  readonly closing: AbortSignal;
}

export class WaitingMessages implements Messages {
  readonly #toCome: MessagesToCome;

  constructor(toCome: MessagesToCome) {
    this.#toCome = toCome;
  }

  publish(message: Message): void {
    validateSubject(message.subject);
    this.#toCome.now()?.publish(message);
  }

  subscribe(subject: string, signal: AbortSignal): AsyncIterable<Message> {
    const { closing, now, later } = this.#toCome;
    validateSubjectFilter(subject);
    closing.throwIfAborted();
    const ending = AbortSignal.any([signal, closing]);
    const there = now();
    if (there) return there.subscribe(subject, ending);
    // From the moment when the server is there, also when nobody reads yet.
    const begun = later(ending).then((messages) => messages?.subscribe(subject, ending));
    begun.catch(() => undefined);
    return once(begun, ending);
  }
}

async function* once(
  begun: Promise<AsyncIterable<Message> | undefined>,
  ending: AbortSignal,
): AsyncIterable<Message> {
  try {
    yield* (await begun) ?? [];
  } catch (error) {
    if (!ending.aborted) throw error;
  }
}
