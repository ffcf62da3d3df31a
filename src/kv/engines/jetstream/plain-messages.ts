/** Messages beside the buckets, over the connection of one store. */
import { errors, headers, type Msg, type MsgHdrs, type Subscription } from "nats";
import { MachinistError, messageOf } from "../../../lib/errors.ts";
import type { Message, Messages } from "../../messages.ts";
import { validateSubject, validateSubjectFilter } from "../../names.ts";
import { failure } from "./failures.ts";
import type { Link } from "./link.ts";

export class PlainMessages implements Messages {
  readonly #link: Link;
  readonly #closing: AbortSignal;

  /** @param closing aborted when the store closes */
  constructor(link: Link, closing: AbortSignal) {
    this.#link = link;
    this.#closing = closing;
  }

  publish({ subject, data, headers: given }: Message): void {
    validateSubject(subject);
    const sent = headersFrom(given);
    // The client would keep some for later and lose others.
    if (!this.#link.isConnected || this.#closing.aborted) return;
    try {
      this.#link.connection.publish(subject, data, sent && { headers: sent });
    } catch (error) {
      if (isEnded(error)) return;
      throw failure(error, `sending a message on ${subject}`);
    }
  }

  subscribe(subject: string, signal: AbortSignal): AsyncIterable<Message> {
    validateSubjectFilter(subject);
    this.#closing.throwIfAborted();
    const ending = AbortSignal.any([signal, this.#closing]);
    if (ending.aborted) return nothing();
    const subscription = this.#link.connection.subscribe(subject);
    // Also when nobody reads it.
    ending.addEventListener("abort", () => subscription.unsubscribe(), { once: true });
    return messagesOf(subscription, ending);
  }
}

/** Ends at once. */
async function* nothing(): AsyncIterable<never> {}

async function* messagesOf(subscription: Subscription, ending: AbortSignal): AsyncGenerator<Message> {
  try {
    for await (const message of subscription) {
      if (ending.aborted) return;
      yield messageFrom(message);
    }
  } catch (error) {
    if (!ending.aborted) throw failure(error, `listening on ${subscription.getSubject()}`);
  }
}

function messageFrom({ subject, data, headers: received }: Msg): Message {
  const named = [...(received ?? [])].map(([name, values]): [string, string] => [name, values.join(", ")]);
  // A copy: the client's own is a piece of all that came with it.
  return { subject, data: new Uint8Array(data), headers: new Map(named) };
}

/** @throws INVALID_ARGUMENT */
function headersFrom(given: Message["headers"]): MsgHdrs | undefined {
  if (given.size === 0) return undefined;
  const sent = headers();
  for (const [name, value] of given) {
    try {
      sent.set(name, value);
    } catch (cause) {
      const text = `the header ${JSON.stringify(name)} cannot be sent: ${messageOf(cause)}`;
      throw new MachinistError("INVALID_ARGUMENT", text, { cause });
    }
  }
  return sent;
}

function isEnded(error: unknown): boolean {
  return error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError;
}
