/** "Look now" when a republished entry of the followed key comes by. The message is only the hint: the look reads the bucket. */
import type { Message, Messages } from "../../src/kv/messages.ts";
import { compileFilter, type KeyFilter, validateSubjectFilter } from "../../src/kv/names.ts";
import { messageOf } from "../../src/lib/errors.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import type { Logger } from "../../src/lib/logger.ts";
import { parseTemplate, type Template } from "../../src/lib/template.ts";

/** All of them are on a republished message, and on no other. Newer servers add Nats-Time-Stamp, which 2.9 does not know. */
const republishHeaders = ["Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Last-Sequence"];

interface Surroundings {
  readonly messages: Messages;
  readonly facts: () => JsonObject;
  readonly log: Logger;
}

export class RepublishHints {
  readonly #trigger: Template;
  readonly #surroundings: Surroundings;
  #followed: KeyFilter | undefined;
  /** null: there is none, because it could not be rendered. undefined: not rendered yet. */
  #subject: string | null | undefined;
  #onSubject: () => void = () => undefined;
  #hasWarned = false;

  /** @param trigger template of the subject: rendered once, by the first look */
  constructor(trigger: string, surroundings: Surroundings) {
    this.#trigger = parseTemplate(trigger);
    this.#surroundings = surroundings;
    if (this.#trigger.constant) this.#render({});
  }

  /** @throws INVALID_KEY */
  beforeReading(filter: string, data: JsonObject): void {
    this.#followed = compileFilter(filter);
    if (this.#subject === undefined) this.#render(data);
  }

  /** Ends with the signal. When nothing can be heard it says so in the log and leaves it at that: there are still the polls. */
  async *follow(signal: AbortSignal): AsyncGenerator<void, void> {
    if (this.#subject === undefined) await this.#rendered(signal);
    if (typeof this.#subject === "string") yield* this.#messagesOn(this.#subject, signal);
    await untilAborted(signal);
  }

  async *#messagesOn(subject: string, signal: AbortSignal): AsyncGenerator<void, void> {
    const { messages, log } = this.#surroundings;
    try {
      for await (const message of messages.subscribe(subject, signal)) {
        if (this.#isOfFollowed(message)) yield;
      }
    } catch (cause) {
      log.warn("republished entries cannot be heard; the bucket is only polled", {
        subject,
        reason: messageOf(cause),
      });
    }
  }

  #isOfFollowed({ subject, headers }: Message): boolean {
    if (republishHeaders.every((name) => headers.get(name))) {
      const tokens = headers.get("Nats-Subject")?.split(".") ?? [];
      // What stands before the key differs between buckets, mirrors and domains.
      return tokens.some((_, at) => at > 0 && this.#follows(tokens.slice(at).join(".")));
    }
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#surroundings.log.warn(
        "a message that was not republished came on the subject of republish_trigger and is ignored, as further ones will be",
        { subject },
      );
    }
    return false;
  }

  /** Before the first look has told which key it is, any may be the one. */
  #follows(key: string): boolean {
    return this.#followed?.matches(key) ?? true;
  }

  #render(data: JsonObject): void {
    const { facts, log } = this.#surroundings;
    try {
      const subject = this.#trigger.render({ data, facts: this.#trigger.constant ? {} : facts() });
      validateSubjectFilter(subject);
      this.#subject = subject;
    } catch (cause) {
      this.#subject = null;
      log.warn("republish_trigger gives no subject; the bucket is only polled", { reason: messageOf(cause) });
    }
    this.#onSubject();
  }

  /** Resolves when a look has rendered the subject, or with the signal. */
  #rendered(signal: AbortSignal): Promise<void> {
    const rendered = new Promise<void>((resolve) => {
      this.#onSubject = resolve;
    });
    return Promise.race([rendered, untilAborted(signal)]);
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
